"""A service: the RayService that a user labelled for monitoring, seen through the few facts that Rayscope needs."""

from __future__ import annotations

from dataclasses import dataclass

from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE


@dataclass(frozen=True)
class Key:
    """A service's place in the cluster: what the work queue holds, and all that an event is read for."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Service:
    """A RayService (ray.io/v1)."""

    key: Key
    uid: str
    label: str | None
    """The value of the opt-in label; None where there is none."""
    deleting: bool
    expected_clusters: tuple[str, ...]
    """RayClusters that its status names, made or about to be made: active first, then pending."""
    manifest: Manifest

    @property
    def wanted(self) -> bool:
        """Whether its owner wants it monitored."""
        return self.label == MONITOR_VALUE and not self.deleting

    @property
    def active(self) -> str | None:
        """The RayCluster that serves."""
        return _named(self.manifest, "active")

    @property
    def pending(self) -> str | None:
        """The RayCluster that is to take over: the first one, or a rollout's."""
        return _named(self.manifest, "pending")

    @classmethod
    def of(cls, manifest: Manifest) -> Service:
        """Read a RayService as the API server gives it."""
        metadata = manifest["metadata"]
        return cls(
            key=Key(metadata["namespace"], metadata["name"]),
            uid=metadata["uid"],
            label=labels(manifest).get(MONITOR_LABEL),
            deleting=bool(metadata.get("deletionTimestamp")),
            expected_clusters=tuple(name for role in ("active", "pending") if (name := _named(manifest, role))),
            manifest=manifest,
        )


def _named(manifest: Manifest, role: str) -> str | None:
    """The RayCluster that the service's status names in a role; an empty string is KubeRay's word for none."""
    return mapping(manifest, "status", f"{role}ServiceStatus").get("rayClusterName") or None
