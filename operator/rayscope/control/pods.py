"""The pods of a service, as far as its status counts them. KubeRay's, injected or not, that have not ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rayscope.diagnosis.answers import carries_exporter, port
from rayscope.kube.api import Api
from rayscope.kube.kinds import POD
from rayscope.model.manifest import Manifest, labels, mapping, sequence
from rayscope.model.names import RAY_CLUSTER_LABEL, RAY_GROUP_LABEL, RAY_METRICS_PORT, RAY_METRICS_PORT_NAME

ENDED = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True)
class Pod:
    """One of them."""

    uid: str
    cluster: str
    group: str
    injected: bool
    ready: bool
    address: str | None
    """Where it can be reached; None: it does not run."""
    port: int
    """Of its exporter."""
    ray_port: int
    """Of Ray's own metrics."""

    @classmethod
    def of(cls, manifest: Manifest) -> Pod:
        given, status = labels(manifest), mapping(manifest, "status")
        return cls(
            uid=manifest["metadata"]["uid"],
            cluster=given[RAY_CLUSTER_LABEL],
            group=given.get(RAY_GROUP_LABEL, ""),
            injected=carries_exporter(manifest),
            ready=_ready(manifest),
            address=status.get("podIP") if status.get("phase") == "Running" else None,
            port=port(manifest),
            ray_port=_ray_port(manifest),
        )


async def pods(api: Api, namespace: str, clusters: Iterable[str]) -> tuple[Pod, ...]:
    """Those of these clusters, as they are now."""
    names = ",".join(sorted(clusters))
    found = await api.list(POD, namespace, f"{RAY_CLUSTER_LABEL} in ({names})") if names else ()
    return tuple(Pod.of(each) for each in found if mapping(each, "status").get("phase") not in ENDED)


def _ready(manifest: Manifest) -> bool:
    conditions = sequence(manifest, "status", "conditions")
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _ray_port(manifest: Manifest) -> int:
    ports = (port for container in sequence(manifest, "spec", "containers") for port in sequence(container, "ports"))
    named = (int(port["containerPort"]) for port in ports if port.get("name") == RAY_METRICS_PORT_NAME)
    return next(named, RAY_METRICS_PORT)
