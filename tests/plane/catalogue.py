"""What the plane is made of, and where each part comes from. Facts only: nothing here fetches or runs anything."""

from dataclasses import dataclass

from tests.plane.cache import ARCH, OS, Entry
from tests.plane.versions import VERSIONS


@dataclass(frozen=True)
class Module:
    """A Go module that a part is taken from; `folder` under modules/ holds the go.mod and go.sum that pin it.

    Without a path, the part is a program of our own in that folder.
    """

    folder: str
    path: str
    version: str


@dataclass(frozen=True)
class Download:
    """A file that its project publishes, and the list of sums beside it. `member` is the program in an archive."""

    url: str
    sums: str
    member: str | None = None

    @property
    def filename(self) -> str:
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Program:
    """An executable. `version_command` makes an installed one tell its version; without it none is looked for."""

    name: str
    version: str
    module: Module
    package: str
    link: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    version_command: tuple[str, ...] = ()
    download: Download | None = None

    @property
    def entry(self) -> Entry:
        return Entry(self.name, self.version)


@dataclass(frozen=True)
class Material:
    """Files of a module that are used as they are: CRDs, samples, test data."""

    name: str
    module: Module
    folders: tuple[str, ...]

    @property
    def version(self) -> str:
        return self.module.version

    @property
    def entry(self) -> Entry:
        return Entry(self.name, self.version)


def _kubernetes(name: str, *version_command: str) -> Program:
    version = VERSIONS.kubernetes
    major, minor = version.removeprefix("v").split(".")[:2]
    url = f"https://dl.k8s.io/release/{version}/bin/{OS}/{ARCH}/{name}"
    # A plain module build calls itself v0.0.0-master: clients that look at the server's version would be misled.
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return Program(
        name=name,
        version=version,
        module=Module("kubernetes", "k8s.io/kubernetes", version),
        package=f"k8s.io/kubernetes/cmd/{name}",
        link=tuple(f"-X k8s.io/component-base/version.{key}={value}" for key, value in stamps.items()),
        version_command=version_command,
        download=Download(url, f"{url}.sha256"),
    )


def _etcd() -> Program:
    version = VERSIONS.etcd
    release = f"https://github.com/etcd-io/etcd/releases/download/{version}"
    archive = f"etcd-{version}-{OS}-{ARCH}"
    return Program(
        name="etcd",
        version=version,
        module=Module("etcd", "go.etcd.io/etcd/server/v3", version),
        package="go.etcd.io/etcd/server/v3",
        version_command=("--version",),
        download=Download(f"{release}/{archive}.tar.gz", f"{release}/SHA256SUMS", member=f"{archive}/etcd"),
    )


def _kuberay_module(version: str) -> Module:
    return Module("kuberay", "github.com/ray-project/kuberay/ray-operator", version)


def kuberay(version: str) -> Program:
    module = _kuberay_module(version)
    return Program(name="kuberay-operator", version=version, module=module, package=module.path)


def kuberay_source(version: str) -> Material:
    return Material("kuberay-source", _kuberay_module(version), ("config", "test"))


def _kind() -> Program:
    version = VERSIONS.kind
    url = f"https://kind.sigs.k8s.io/dl/{version}/kind-{OS}-{ARCH}"
    return Program(
        name="kind",
        version=version,
        module=Module("kind", "sigs.k8s.io/kind", version),
        package="sigs.k8s.io/kind",
        version_command=("version",),
        download=Download(url, f"{url}.sha256sum"),
    )


def _prometheus(name: str) -> Program:
    """Its module's v0.315.1 is its release 3.15.1. Of all that it can discover targets in, only Kubernetes is built."""
    module = VERSIONS.prometheus
    _, number, patch = module.split(".")
    version = f"v{number[0]}.{int(number[1:])}.{patch}"
    release = f"https://github.com/prometheus/prometheus/releases/download/{version}"
    archive = f"prometheus-{version.removeprefix('v')}.{OS}-{ARCH}"
    return Program(
        name=name,
        version=version,
        module=Module("prometheus", "github.com/prometheus/prometheus", module),
        package=f"github.com/prometheus/prometheus/cmd/{name}",
        link=(f"-X github.com/prometheus/common/version.Version={version.removeprefix('v')}",),
        tags=("remove_all_sd", "enable_kubernetes_sd"),
        version_command=("--version",),
        download=Download(f"{release}/{archive}.tar.gz", f"{release}/sha256sums.txt", member=f"{archive}/{name}"),
    )


def _prometheus_operator(name: str, package: str) -> Program:
    module = PROMETHEUS_CRDS.module
    return Program(name=name, version=module.version, module=module, package=f"{module.path}/cmd/{package}")


def _helm() -> Program:
    path = "helm.sh/helm/v3"
    # A plain module build takes every cluster that it cannot ask for Kubernetes 1.20.
    major, minor = VERSIONS.kubernetes.removeprefix("v").split(".")[:2]
    stamps = {"k8sVersionMajor": major, "k8sVersionMinor": minor}
    places = (f"{path}/pkg/chartutil", f"{path}/pkg/lint/rules")
    return Program(
        name="helm",
        version=VERSIONS.helm,
        module=Module("helm", path, VERSIONS.helm),
        package=f"{path}/cmd/helm",
        link=tuple(f"-X {place}.{key}={value}" for place in places for key, value in stamps.items()),
    )


def _helm_docs() -> Program:
    module = Module("helm-docs", "github.com/norwoodj/helm-docs", VERSIONS.helm_docs)
    return Program("helm-docs", module.version, module, f"{module.path}/cmd/helm-docs")


def _helm_schema() -> Program:
    module = Module("helm-schema", "github.com/losisin/helm-values-schema-json", VERSIONS.helm_schema)
    return Program("helm-schema", module.version, module, module.path)


ETCD = _etcd()
APISERVER = _kubernetes("kube-apiserver", "--version")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager", "--version")
KUBECTL = _kubernetes("kubectl", "version", "--client")
SCHEDULER = _kubernetes("kube-scheduler")
PROXY = _kubernetes("kube-proxy")
KUBELET = _kubernetes("kubelet")
KUBEADM = _kubernetes("kubeadm")
KIND = _kind()
COREDNS = Program("coredns", VERSIONS.coredns, Module("coredns", "github.com/coredns/coredns", VERSIONS.coredns), ".")
PAUSE = Program("pause", "v1", Module("pause", "", "v1"), ".")
PROMETHEUS_CRDS = Material(
    "prometheus-operator-crds",
    Module("prometheus-operator", "github.com/prometheus-operator/prometheus-operator", VERSIONS.prometheus_operator),
    ("example/prometheus-operator-crd",),
)
PROMETHEUS = _prometheus("prometheus")
PROMTOOL = _prometheus("promtool")
PROMETHEUS_OPERATOR = _prometheus_operator("prometheus-operator", "operator")
CONFIG_RELOADER = _prometheus_operator("prometheus-config-reloader", "prometheus-config-reloader")

HELM = _helm()
HELM_DOCS = _helm_docs()
HELM_SCHEMA = _helm_schema()

PARTS: tuple[Program | Material, ...] = (
    ETCD,
    APISERVER,
    CONTROLLER_MANAGER,
    KUBECTL,
    kuberay(VERSIONS.kuberay),
    kuberay_source(VERSIONS.kuberay),
    PROMETHEUS_CRDS,
)

# What the chart, the rules and the dashboards are checked with.
TOOLS = (HELM, HELM_DOCS, HELM_SCHEMA, PROMETHEUS, PROMTOOL)

# What a node of a kind cluster is made of; the plane needs none of it.
NODE_PARTS = (ETCD, APISERVER, CONTROLLER_MANAGER, KUBECTL, SCHEDULER, PROXY, KUBELET, KUBEADM, COREDNS, PAUSE)
