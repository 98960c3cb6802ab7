"""The payload: what exactly is injected into a cluster, frozen at its creation.

It is recorded on the RayCluster, so that an upgrade of Rayscope never changes the template of a running cluster, and
so that what was put in can be taken out again to the byte.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rayscope.model.monitor import Injection
from rayscope.model.names import EXPORTER_PORT, FAMILY_PREFIX


class Payload(BaseModel):
    """What is injected. Every field but the exporter's digest has the default that suits nearly everybody."""

    # What a later version of Rayscope has recorded is read by this one too, without what it does not know.
    model_config = ConfigDict(frozen=True, extra="ignore")

    exporter: str = Field(pattern="^[0-9a-f]{10}$")
    """Digest of the exporter's zipapp: names the ConfigMap that holds it."""
    port: int = Field(default=EXPORTER_PORT, ge=1, le=65535)
    families: tuple[Annotated[str, StringConstraints(pattern=FAMILY_PREFIX)], ...] = ("vllm:", "lmcache:")
    """Prefixes of the metric families that the exporter passes on; empty: all."""
    volume_size: str = "256Mi"
    """sizeLimit of the shared emptyDir. A full one is SIGBUS for the engine, so it is 200 times what a writer needs."""
    image: str | None = None
    """The exporter's image; None: the Ray container's own."""
    cpu_request: str = "10m"
    memory_request: str = "32Mi"
    memory_limit: str = "128Mi"
    guaranteed_cpu: str = "100m"
    """Both request and limit of CPU where the Ray container is Guaranteed; memory is `memory_limit` then."""

    @classmethod
    def of(cls, wanted: Injection, exporter: str) -> Payload:
        """What the owner of a service wants (a VLLMMonitor's `spec.injection`), with the exporter of that digest."""
        resources = wanted.exporter.resources
        return cls(
            exporter=exporter,
            port=wanted.exporter.port,
            families=wanted.exporter.families,
            volume_size=wanted.volume.size_limit,
            image=wanted.exporter.image,
            cpu_request=resources.cpu_request,
            memory_request=resources.memory_request,
            memory_limit=resources.memory_limit,
            guaranteed_cpu=resources.guaranteed_cpu,
        )
