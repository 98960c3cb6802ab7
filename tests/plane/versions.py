"""The versions of what the plane runs, as read from versions.toml, which is the only place that names them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Versions:
    kubernetes: str
    etcd: str
    kuberay: str
    kuberay_before: str
    prometheus_operator: str
    prometheus: str
    kind: str
    coredns: str
    helm: str
    helm_docs: str
    helm_schema: str
    go: str
    go_least: str
    go_sha256: tuple[str, ...]


def read(path: Path = FOLDER / "versions.toml") -> Versions:
    table = tomllib.loads(path.read_text())
    return Versions(
        kubernetes=table["kubernetes"]["version"],
        etcd=table["etcd"]["version"],
        kuberay=table["kuberay"]["version"],
        kuberay_before=table["kuberay"]["before"],
        prometheus_operator=table["prometheus-operator"]["version"],
        prometheus=table["prometheus"]["version"],
        kind=table["kind"]["version"],
        coredns=table["coredns"]["version"],
        helm=table["helm"]["version"],
        helm_docs=table["helm-docs"]["version"],
        helm_schema=table["helm-schema"]["version"],
        go=table["go"]["version"],
        go_least=table["go"]["least"],
        go_sha256=tuple(table["go"]["sha256"]),
    )


VERSIONS = read()
