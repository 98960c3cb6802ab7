"""All labelled services at a glance: their clusters, pods and monitors, and in one word what is not right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from rayscope.diagnosis.answers import carries_exporter
from rayscope.inject import inspect
from rayscope.kube.api import Api
from rayscope.kube.errors import KindMissing
from rayscope.kube.kinds import POD, POD_MONITOR, RAY_CLUSTER, RAY_SERVICE, SERVICE_MONITOR, VLLM_MONITOR, Kind
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import (
    MANAGED_BY_LABEL,
    MANAGER,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_CLUSTER_LABEL,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    SERVICE_LABEL,
)
from rayscope.model.service import Service
from rayscope.model.status import MonitorStatus, Role

RESTART_REQUIRED = "RestartRequired"


@dataclass(frozen=True)
class ClusterView:
    """One of a service's RayClusters."""

    name: str
    role: Role
    total: int
    """Pods that have not ended."""
    injected: int
    trouble: str | None
    """Why it is not monitored completely, as docs/injection.md has it."""


@dataclass(frozen=True)
class ServiceView:
    """A labelled service."""

    namespace: str
    name: str
    label: str | None
    clusters: tuple[ClusterView, ...]
    monitors: tuple[str, ...] | None
    """None: no kind of monitor is installed."""
    status: MonitorStatus | None
    """Of its VLLMMonitor, where it has one that tells."""

    @property
    def source(self) -> str | None:
        return self.status.source if self.status else None

    @property
    def reason(self) -> str | None:
        """What is not right, in one word: what its VLLMMonitor says, or else what can be seen from here."""
        ready = next((each for each in self.status.conditions if each.type == "Ready"), None) if self.status else None
        if ready:
            return None if ready.status == "True" else ready.reason
        return next(self._troubles(), None)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "namespace": self.namespace,
            "service": self.name,
            "label": self.label,
            "clusters": [
                {
                    "name": cluster.name,
                    "role": cluster.role,
                    "pods": {"total": cluster.total, "injected": cluster.injected},
                    "reason": cluster.trouble,
                }
                for cluster in self.clusters
            ],
            "monitors": None if self.monitors is None else list(self.monitors),
            "source": self.source,
            "conditions": [each.model_dump(by_alias=True) for each in self.status.conditions] if self.status else [],
            "reason": self.reason,
        }

    def _troubles(self) -> Iterator[str]:
        if self.label != MONITOR_VALUE:
            yield "InvalidLabel"
        if not self.clusters:
            yield "NoCluster"
        yield from (cluster.trouble for cluster in self.clusters if cluster.trouble and cluster.role != Role.RETIRING)
        if self.monitors is None:
            yield "NoPrometheusOperator"
        elif not self.monitors:
            yield "NoMonitor"


async def survey(api: Api, namespace: str | None) -> list[ServiceView]:
    """Every labelled service of a namespace, or of all, by name. KindMissing where KubeRay is not installed."""
    services = [Service.of(found) for found in await api.list(RAY_SERVICE, namespace, MONITOR_LABEL)]
    if not services:
        return []
    clusters = await api.list(RAY_CLUSTER, namespace, f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND}")
    pods = await api.list(POD, namespace, RAY_CLUSTER_LABEL)
    monitors = await _monitors(api, namespace)
    statuses = await _optional(api, VLLM_MONITOR, namespace) or []
    return [
        view(service, clusters, pods, monitors, statuses)
        for service in sorted(services, key=lambda service: (service.key.namespace, service.key.name))
    ]


def view(
    service: Service,
    clusters: Iterable[Manifest],
    pods: Sequence[Manifest],
    monitors: Iterable[Manifest] | None,
    statuses: Iterable[Manifest],
) -> ServiceView:
    """A service, out of the lists of everything."""
    key = service.key
    own = [cluster for cluster in clusters if _in(cluster, key.namespace) and service_name(cluster) == key.name]
    ours = [
        monitor["metadata"]["name"]
        for monitor in monitors or ()
        if _in(monitor, key.namespace) and labels(monitor).get(SERVICE_LABEL) == key.name
    ]
    told = (each for each in statuses if _in(each, key.namespace) and each["metadata"]["name"] == key.name)
    return ServiceView(
        namespace=key.namespace,
        name=key.name,
        label=service.label,
        clusters=tuple(_cluster(service, cluster, pods) for cluster in own),
        monitors=None if monitors is None else tuple(ours),
        status=_status(next(told, None)),
    )


def _cluster(service: Service, cluster: Manifest, pods: Iterable[Manifest]) -> ClusterView:
    name = cluster["metadata"]["name"]
    own = [pod for pod in pods if _in(pod, service.key.namespace) and labels(pod).get(RAY_CLUSTER_LABEL) == name]
    alive = [pod for pod in own if mapping(pod, "status").get("phase") not in {"Succeeded", "Failed"}]
    role = {service.active: Role.ACTIVE, service.pending: Role.PENDING}.get(name, Role.RETIRING)
    return ClusterView(name, role, len(alive), sum(map(carries_exporter, alive)), _trouble(cluster))


def _trouble(cluster: Manifest) -> str | None:
    reports = inspect(cluster).groups
    if any(report.outcome == "missing" for report in reports):
        return RESTART_REQUIRED
    return next((report.reason for report in reports if report.outcome == "skipped"), None)


def _status(monitor: Manifest | None) -> MonitorStatus | None:
    """What it tells; None where there is nothing yet, or what a later version wrote."""
    given = mapping(monitor, "status")
    try:
        return MonitorStatus.model_validate(given) if given else None
    except ValidationError:
        return None


async def _monitors(api: Api, namespace: str | None) -> list[Manifest] | None:
    found = [
        await _optional(api, kind, namespace, f"{MANAGED_BY_LABEL}={MANAGER}")
        for kind in (POD_MONITOR, SERVICE_MONITOR)
    ]
    return None if found == [None, None] else [monitor for some in found for monitor in some or ()]


async def _optional(
    api: Api, kind: Kind, namespace: str | None, selector: str | None = None
) -> Sequence[Manifest] | None:
    try:
        return await api.list(kind, namespace, selector)
    except KindMissing:
        return None


def _in(manifest: Manifest, namespace: str) -> bool:
    return bool(manifest["metadata"]["namespace"] == namespace)
