"""What a visit has found out about a service that its status tells: all that is kept of it, as a thousand are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rayscope.control.monitors import Monitor
from rayscope.inject import GroupReport, inspect
from rayscope.model.conditions import Verdict
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import Injection
from rayscope.model.payload import Payload
from rayscope.model.rules import SLOs
from rayscope.model.service import Key, Service
from rayscope.model.status import Role


@dataclass(frozen=True)
class Cluster:
    """A RayCluster of the service."""

    name: str
    role: Role
    groups: tuple[GroupReport, ...]
    payload: Payload | None
    """What it was injected with; None: it was not."""

    @property
    def counts(self) -> bool:
        """Whether it serves or is to serve: what is on its way out needs no mending."""
        return self.role is not Role.RETIRING

    def outdated(self, wanted: Injection) -> bool:
        """Whether it was injected otherwise than is wanted now. Another version of the exporter is no other wish."""
        if self.payload is None:
            return False
        return not wanted.enabled or self.payload != Payload.of(wanted, self.payload.exporter)


@dataclass(frozen=True)
class Facts:
    """A labelled service."""

    key: Key
    monitor: Monitor | None
    """None: it has no VLLMMonitor yet."""
    wanted: Injection
    slos: SLOs | None
    clusters: tuple[Cluster, ...]
    in_vain: tuple[str, ...]
    """Exporters that its pods mount, and that are nowhere."""
    monitored: Verdict
    selected: Verdict

    @property
    def counting(self) -> Sequence[Cluster]:
        return [cluster for cluster in self.clusters if cluster.counts]


@dataclass(frozen=True)
class Denial:
    """A VLLMMonitor whose service is not there, or is not labelled."""

    key: Key
    monitor: Monitor
    ready: Verdict


def place(key: Key) -> str:
    """A service, as a command takes it."""
    return f"{key.name} -n {key.namespace}"


def clusters(service: Service, manifests: Iterable[Manifest]) -> tuple[Cluster, ...]:
    """The RayClusters of a service that are not being deleted, by role and name."""
    found = (each for each in manifests if not each["metadata"].get("deletionTimestamp"))
    return tuple(sorted(_clusters(service, found), key=lambda cluster: (list(Role).index(cluster.role), cluster.name)))


def _clusters(service: Service, manifests: Iterable[Manifest]) -> Iterator[Cluster]:
    roles = {service.pending: Role.PENDING, service.active: Role.ACTIVE}
    for manifest in manifests:
        name, found = manifest["metadata"]["name"], inspect(manifest)
        yield Cluster(name, roles.get(name, Role.RETIRING), found.groups, found.payload)
