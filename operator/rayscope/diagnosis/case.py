"""The case: one service, and everything around it that a step may want to look at. Each thing is read once, live."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from rayscope.diagnosis.answers import Answer, ask, carries_exporter, runs
from rayscope.diagnosis.installation import Installation, find
from rayscope.kube.api import Api
from rayscope.kube.errors import Forbidden, KindMissing
from rayscope.kube.kinds import (
    NAMESPACE,
    POD,
    POD_MONITOR,
    PROMETHEUS,
    PROMETHEUS_AGENT,
    RAY_CLUSTER,
    RAY_SERVICE,
    SERVICE_MONITOR,
    VLLM_MONITOR,
    WEBHOOK_CONFIGURATION,
    Kind,
)
from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.monitor import MonitorKind, MonitorSpec
from rayscope.model.names import (
    MANAGED_BY_LABEL,
    MANAGER,
    RAY_CLUSTER_LABEL,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_ORIGIN_NAME_LABEL,
    SERVICE_LABEL,
)
from rayscope.model.prometheus import Prometheus
from rayscope.model.service import Key, Service

T = TypeVar("T")


class Case:
    """A service under examination. Where something may not be read, the reader's Forbidden goes to the step."""

    def __init__(self, api: Api, key: Key, account: Key | None = None) -> None:
        """`account`: the ServiceAccount of Rayscope, where it cannot be found."""
        self.api = api
        self.key = key
        self._account = account
        self._read: dict[str, Any] = {}

    @property
    def place(self) -> str:
        """The end of a command about the service."""
        return f"{self.key.name} -n {self.key.namespace}"

    async def found(self) -> Service | None:
        return await self._once("service", self._service)

    async def service(self) -> Service:
        """The service; only for steps that need the one that finds it."""
        service = await self.found()
        if service is None:
            raise LookupError(f"there is no RayService {self.key}")
        return service

    async def spec(self) -> MonitorSpec:
        """What its VLLMMonitor asks for; the defaults where there is none that can be read."""
        return await self._once("spec", self._spec)

    async def clusters(self) -> Sequence[Manifest]:
        """The clusters that count: what is to serve, and not what is being replaced."""
        return await self._once("clusters", self._clusters)

    async def pods(self) -> Sequence[Manifest]:
        """Pods of the clusters that count, without those that have ended."""
        return await self._once("pods", self._pods)

    async def answers(self) -> Sequence[Answer]:
        """What the exporters of the running pods say."""

        async def read() -> Sequence[Answer]:
            return await ask(self.api, [pod for pod in await self.pods() if carries_exporter(pod) and runs(pod)])

        return await self._once("answers", read)

    async def installation(self) -> Installation:
        async def read() -> Installation:
            return await find(self.api, self._account)

        return await self._once("installation", read)

    async def namespace_labels(self) -> Manifest:
        async def read() -> Manifest:
            return labels(await self.api.get(NAMESPACE, self.key.namespace) or {})

        return await self._once("namespace", read)

    async def webhooks(self) -> Sequence[Manifest]:
        async def read() -> Sequence[Manifest]:
            return await self.api.list(WEBHOOK_CONFIGURATION)

        return await self._once("webhooks", read)

    async def monitor_kind(self) -> Kind:
        return SERVICE_MONITOR if (await self.spec()).scrape.kind is MonitorKind.SERVICE_MONITOR else POD_MONITOR

    async def monitors(self) -> Sequence[Manifest]:
        """Rayscope's monitors of the service, of the kind that is asked for."""

        async def read() -> Sequence[Manifest]:
            ours = f"{SERVICE_LABEL}={self.key.name},{MANAGED_BY_LABEL}={MANAGER}"
            return await self.api.list(await self.monitor_kind(), self.key.namespace, ours)

        return await self._once("monitors", read)

    async def prometheus_manifests(self) -> Sequence[Manifest]:
        """Every Prometheus and PrometheusAgent of the cluster, with its kind."""

        async def read() -> Sequence[Manifest]:
            kinds = (PROMETHEUS, PROMETHEUS_AGENT)
            return [{"kind": asked.kind, **manifest} for asked in kinds for manifest in await self._all(asked)]

        return await self._once("prometheuses", read)

    async def prometheuses(self) -> Sequence[Prometheus]:
        """The same, as they see monitors of our kind."""
        kind = (await self.monitor_kind()).kind
        return [Prometheus.of(manifest, kind) for manifest in await self.prometheus_manifests()]

    async def _service(self) -> Service | None:
        found = await self.api.get(RAY_SERVICE, self.key.name, self.key.namespace)
        return Service.of(found) if found else None

    async def _spec(self) -> MonitorSpec:
        try:
            found = await self.api.get(VLLM_MONITOR, self.key.name, self.key.namespace)
            return MonitorSpec.model_validate(mapping(found, "spec"))
        except (KindMissing, Forbidden, ValidationError):
            return MonitorSpec()

    async def _clusters(self) -> Sequence[Manifest]:
        service = await self.service()
        origin = f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND},{RAY_ORIGIN_NAME_LABEL}={self.key.name}"
        found = await self.api.list(RAY_CLUSTER, self.key.namespace, origin)
        counts = service.pending or service.active
        return [cluster for cluster in found if cluster["metadata"]["name"] == counts]

    async def _pods(self) -> Sequence[Manifest]:
        names = ",".join(cluster["metadata"]["name"] for cluster in await self.clusters())
        if not names:
            return []
        found = await self.api.list(POD, self.key.namespace, f"{RAY_CLUSTER_LABEL} in ({names})")
        return [pod for pod in found if mapping(pod, "status").get("phase") not in {"Succeeded", "Failed"}]

    async def _all(self, kind: Kind) -> Sequence[Manifest]:
        try:
            return await self.api.list(kind)
        except KindMissing:
            return []

    async def _once(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        if name not in self._read:
            self._read[name] = await read()
        return cast("T", self._read[name])
