"""The ground that every story stands on: images, KubeRay, Prometheus and Rayscope, each as its users install it.

What is there already is brought up to date, never removed: a second run on a kept cluster starts at once.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import yaml

from tests.e2e.given import Given
from tests.e2e.manifests import LABELS, MONITORING, PROMETHEUS, prometheus, prometheus_operator
from tests.kind import Cluster, images
from tests.kind.command import run
from tests.kind.images import ROOT
from tests.plane import assets, catalogue
from tests.plane.client import Manifest
from tests.plane.crds import apply_crds
from tests.plane.progress import step
from tests.plane.resources import CRDS, NAMESPACES, PODS, Resource
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

KUBERAY_NAMESPACE = "default"
KUBERAY = "deployment/kuberay-operator"
RELEASE = "rayscope"
RAYSCOPE = f"deployment/{RELEASE}"
SYSTEM = "rayscope-system"
REPLICAS = 2
"""The chart's."""
LIVING: list[str] = []
"""The namespaces of the stories that are being told."""
STATEFUL_SETS = Resource("apps", "v1", "statefulsets")
ROLLOUT = "--timeout=300s"
START_SECONDS = 300.0


IMAGES: dict[str, Callable[[], str]] = {
    "ray": lambda: images.ray(ROOT / "tests" / "e2e" / "app"),
    "kuberay": images.kuberay,
    "prometheus_operator": images.prometheus_operator,
    "config_reloader": images.config_reloader,
    "prometheus": images.prometheus,
    "rayscope": images.operator,
    "without_python": images.without_python,
}


@dataclass(frozen=True)
class Ground:
    """A cluster with everything installed, and images: of the Serve application, of Rayscope, of a mere shell."""

    cluster: Cluster
    ray: str
    rayscope: str
    without_python: str


def lay(cluster: Cluster) -> Ground:
    """On a given cluster, KubeRay and Prometheus Operator are taken as they are where they are there.

    What is waited for is waited for at the end: all start at once.
    """
    _claim(cluster)
    given = cluster.images if isinstance(cluster, Given) else None
    names = given or {what: _loaded(cluster, make) for what, make in IMAGES.items()}
    if given is None:
        images.kuberay(VERSIONS.kuberay_before)  # by now: a compiler would be bad company for what runs later
    kuberay = given is None or not _defined(cluster, "rayclusters.ray.io")
    if kuberay:
        _install_kuberay(cluster, names["kuberay"])
    if given is None or not _defined(cluster, "prometheuses.monitoring.coreos.com"):
        _install_prometheus_operator(cluster, names["prometheus_operator"], names["config_reloader"])
    _install_prometheus(cluster, names["prometheus"])
    install_rayscope(cluster, names["rayscope"])
    _settle(cluster, kuberay=kuberay)
    return Ground(cluster, names["ray"], names["rayscope"], names["without_python"])


def _claim(cluster: Cluster) -> None:
    """Have a namespace for Rayscope. LookupError where there is one that is not the tests' own: nothing is touched."""
    found = cluster.client.find(NAMESPACES.path(name=SYSTEM))
    if found is None:
        cluster.client.create(NAMESPACES.path(), {"metadata": {"name": SYSTEM, "labels": LABELS}})
    elif not _is_ours(found):
        raise LookupError(f"Namespace {SYSTEM} is there, and not by these tests: they would take over what is in it.")


def _is_ours(namespace: Manifest) -> bool:
    return bool(LABELS.items() <= namespace["metadata"]["labels"].items())


def leave(cluster: Cluster) -> None:
    """Take Rayscope and what watches the tests from a cluster that goes on living; what was put under them stays."""
    found = cluster.client.find(NAMESPACES.path(name=SYSTEM))
    if found is None or not _is_ours(found):
        return
    with step("Rayscope", "helm uninstall") as current:
        _helm(cluster, "uninstall", RELEASE, f"--namespace={SYSTEM}", "--ignore-not-found", "--wait")
        cluster.kubectl("delete", "namespace", SYSTEM, "--ignore-not-found")
        watching = {"apiVersion": "v1", "kind": "List", "items": prometheus("")[1:]}
        cluster.kubectl("delete", "--ignore-not-found", "--filename=-", stdin=json.dumps(watching))
        current.outcome = "uninstalled"


@contextmanager
def namespace_on(ground: Ground) -> Iterator[str]:
    """One that nobody has, by its name; it is deleted after the block."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    ground.cluster.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
    LIVING.append(name)
    try:
        yield name
    finally:
        LIVING.remove(name)
        ground.cluster.client.delete(NAMESPACES.path(name=name))


def _install_kuberay(cluster: Cluster, image: str) -> None:
    source = assets.material(catalogue.kuberay_source(VERSIONS.kuberay))
    with step("KubeRay", "installing") as current:
        rendered = run(assets.program(catalogue.KUBECTL), "kustomize", source / "config" / "default")
        documents = [document for document in yaml.load_all(rendered, yaml.CSafeLoader) if document]
        (deployment,) = (document for document in documents if document["kind"] == "Deployment")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        container["image"], container["imagePullPolicy"] = image, "IfNotPresent"
        _apply(cluster, documents)
        current.outcome = VERSIONS.kuberay


def _install_prometheus_operator(cluster: Cluster, image: str, reloader: str) -> None:
    crds = assets.material(catalogue.PROMETHEUS_CRDS) / catalogue.PROMETHEUS_CRDS.folders[0]
    with step("Prometheus Operator", "installing") as current:
        apply_crds(cluster.client, crds.glob("*.yaml"))
        _apply(cluster, prometheus_operator(image, reloader))
        current.outcome = catalogue.PROMETHEUS_OPERATOR.version


def _install_prometheus(cluster: Cluster, image: str) -> None:
    with step("Prometheus", "installing") as current:
        _apply(cluster, prometheus(image))
        current.outcome = catalogue.PROMETHEUS.version


def install_rayscope(cluster: Cluster, image: str) -> None:
    repository, _, tag = image.rpartition(":")
    with step("Rayscope", "helm upgrade --install") as current:
        _helm(
            cluster,
            *("upgrade", "--install", RELEASE, str(ROOT / "charts" / "rayscope")),
            *(f"--namespace={SYSTEM}", "--wait", "--timeout=5m"),
            *("--set-string", f"image.repository={repository},image.tag={tag}"),
        )
        current.outcome = tag


def _settle(cluster: Cluster, *, kuberay: bool) -> None:
    made = f"prometheus-{PROMETHEUS}"
    with step("KubeRay and Prometheus", "waiting for them") as current:
        if kuberay:
            rolled_out(cluster, KUBERAY_NAMESPACE, KUBERAY)
        path = STATEFUL_SETS.path(MONITORING, made)
        eventually(lambda: cluster.client.find(path), f"{made} is made", START_SECONDS)
        rolled_out(cluster, MONITORING, f"statefulset/{made}")
        current.outcome = "running"


@contextmanager
def without_rayscope(cluster: Cluster) -> Iterator[None]:
    """None of its replicas runs in the block, and all do after it, whatever comes of it."""
    _scale_rayscope(cluster, 0)
    try:
        eventually(lambda: not cluster.client.list(PODS.path(SYSTEM)), "Rayscope is gone", START_SECONDS)
        yield
    finally:
        _scale_rayscope(cluster, REPLICAS)
        rolled_out(cluster, SYSTEM, RAYSCOPE)


def _scale_rayscope(cluster: Cluster, replicas: int) -> None:
    cluster.kubectl(f"--namespace={SYSTEM}", "scale", RAYSCOPE, f"--replicas={replicas}")


def _helm(cluster: Cluster, *arguments: str) -> None:
    run(assets.program(catalogue.HELM), f"--kubeconfig={cluster.kubeconfig}", *arguments)


def _defined(cluster: Cluster, kind: str) -> bool:
    return cluster.client.find(CRDS.path(name=kind)) is not None


def _loaded(cluster: Cluster, make: Callable[[], str]) -> str:
    image = make()
    cluster.load(image)
    return image


def _apply(cluster: Cluster, documents: list[Manifest]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": documents}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(listed))


def rolled_out(cluster: Cluster, namespace: str, what: str) -> None:
    cluster.kubectl(f"--namespace={namespace}", "rollout", "status", what, ROLLOUT)
