"""What a new cluster is injected with: what its service's VLLMMonitor asks for now, read when it is asked for.

Live, never from a cache: a cluster keeps its payload for life. What goes wrong is raised; the reviewer has defaults.
"""

from __future__ import annotations

from rayscope.kube.api import Api
from rayscope.kube.errors import KindMissing
from rayscope.kube.kinds import VLLM_MONITOR
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.monitor import MonitorSpec
from rayscope.model.payload import Payload
from rayscope.model.service import Key


class Payloads:
    """The payload of a service's next cluster; None where its owner wants no injection."""

    def __init__(self, api: Api, exporter: str) -> None:
        """`exporter`: digest of this version's exporter."""
        self._api = api
        self._exporter = exporter

    async def __call__(self, service: Key) -> Payload | None:
        return asked_for(mapping(await self._monitor(service), "spec"), self._exporter)

    async def _monitor(self, service: Key) -> Manifest | None:
        try:
            return await self._api.get(VLLM_MONITOR, service.name, service.namespace)
        except KindMissing:
            return None  # its CRD is not installed: everybody has the defaults


def asked_for(spec: Manifest, exporter: str) -> Payload | None:
    """The payload that a VLLMMonitor's `spec` asks for; None where its owner wants no injection.

    A CRD that is newer than we are may have let in fields that we do not know: that is no reason to forget the rest.
    """
    injection = MonitorSpec.model_validate(spec, extra="ignore").injection
    return Payload.of(injection, exporter) if injection.enabled else None
