"""The command lines of a plane's parts, and why each option is there. Pure: paths in, words out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.plane.assets import Assets

Command = Sequence[str | Path]

# What a cluster without a kubelet needs: garbage collection by owner, namespaces that go away, service accounts, roles.
CONTROLLERS = (
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
    "clusterrole-aggregation-controller",
    "root-ca-certificate-publisher-controller",
    "endpointslice-controller",
    "resourcequota-controller",
)

AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
"""


@dataclass(frozen=True)
class Layout:
    """The files of one plane."""

    directory: Path

    @property
    def etcd_socket(self) -> Path:
        return self.directory / "etcd.sock"

    @property
    def tokens(self) -> Path:
        return self.directory / "tokens.csv"

    @property
    def signing_key(self) -> Path:
        return self.directory / "service-accounts.key"

    @property
    def certificates(self) -> Path:
        return self.directory / "certificates"

    @property
    def authority(self) -> Path:
        """The apiserver writes its certificate and the one that signed it to this file."""
        return self.certificates / "apiserver.crt"

    @property
    def audit_policy(self) -> Path:
        return self.directory / "audit-policy.yaml"

    @property
    def audit(self) -> Path:
        return self.directory / "audit.jsonl"

    @property
    def kubectl_cache(self) -> Path:
        return self.directory / "kubectl-cache"

    def kubeconfig(self, user: str) -> Path:
        return self.directory / f"kubeconfig-{user.replace(':', '-')}"


def etcd(assets: Assets, layout: Layout) -> Command:
    """Clients come by a socket in our own directory: no port, and nobody else reaches it. The data is thrown away."""
    return (
        assets.etcd,
        f"--data-dir={layout.directory / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls=unix://{layout.etcd_socket}",
        "--advertise-client-urls=http://127.0.0.1:2379",  # asked for, used by nobody
        "--listen-peer-urls=http://127.0.0.1:0",
        "--log-level=warn",
    )


def apiserver(assets: Assets, layout: Layout, port: int) -> Command:
    """It makes its own certificate; every request's metadata is in the audit log before the answer is sent."""
    return (
        assets.apiserver,
        f"--etcd-servers=unix://{layout.etcd_socket}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-address-sharing",  # the port is held for it, see ports.py
        f"--cert-dir={layout.certificates}",
        f"--token-auth-file={layout.tokens}",
        f"--service-account-key-file={layout.signing_key}",
        f"--service-account-signing-key-file={layout.signing_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        f"--audit-policy-file={layout.audit_policy}",
        f"--audit-log-path={layout.audit}",
        "--audit-log-maxsize=100000",  # MB: never rotated
        "--shutdown-watch-termination-grace-period=0s",
        "--profiling=false",
    )


def controller_manager(assets: Assets, layout: Layout, kubeconfig: Path) -> Command:
    return (
        assets.controller_manager,
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(CONTROLLERS)}",
        f"--service-account-private-key-file={layout.signing_key}",
        f"--root-ca-file={layout.authority}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=500",  # so that a namespace is gone soon after its test
        "--kube-api-burst=1000",
        "--profiling=false",
    )


def kuberay(program: Path, kubeconfig: Path) -> Command:
    """With the concurrency and limits of its own defaults: tests and measurements see what users see."""
    return (
        program,
        f"--kubeconfig={kubeconfig}",
        "--enable-leader-election=false",
        "--metrics-addr=0",
        "--health-probe-bind-address=0",
    )
