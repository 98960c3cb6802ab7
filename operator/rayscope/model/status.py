"""What is true of a monitored service: the status of its VLLMMonitor. Written by the operator alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from rayscope.model.rules import Edges, Indicator
from rayscope.model.schema import Spec


class Source(StrEnum):
    """Where a service's vLLM metrics were seen; a source once seen stays until its cluster ends."""

    NONE_YET = "NoneYet"
    MULTIPROCESS = "Multiprocess"
    RAY = "Ray"
    BOTH = "Both"


class Role(StrEnum):
    """What a cluster is to its service."""

    ACTIVE = "Active"
    PENDING = "Pending"
    RETIRING = "Retiring"


class PodCounts(Spec):
    """Pods of a cluster."""

    total: int = 0
    """All that KubeRay made and that have not ended."""
    injected: int = 0
    """Those that carry the exporter."""
    reporting: int = 0
    """Those whose exporter answers."""
    outdated: int = 0
    """Those injected otherwise than the monitor now asks; they keep what they have until KubeRay replaces them."""


class ClusterStatus(Spec):
    """One of the service's RayClusters."""

    name: str
    """Its name."""
    role: Role
    """What it is to the service."""
    pods: PodCounts = PodCounts()
    """Its pods."""


class Condition(Spec):
    """One of `Ready`, `Injected`, `Monitored`, `Selected`, `Reporting`, `SLOsValid`, as Kubernetes' own are."""

    type: str
    """Its name."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    reason: str = Field(pattern=r"^[A-Za-z]([A-Za-z0-9]*)$")
    """Why, in one word."""
    message: str = ""
    """Why, in a sentence, and the next step."""
    last_transition_time: str = Field(json_schema_extra={"format": "date-time"})
    """When the status changed last."""
    observed_generation: int | None = None
    """The spec that it speaks of."""


class Summary(Spec):
    """The counts over all clusters, as the columns of `kubectl get` show them."""

    injected: str = "0/0"
    """Pods that carry the exporter, of all."""
    reporting: str = "0/0"
    """Pods whose exporter answers, of the injected."""


class KnownEdges(Spec):
    """Bucket edges in seconds, as the service's pods report them: what a threshold of `spec.rules.slo` may be."""

    time_to_first_token: tuple[float, ...] = ()
    """Of the time to the first token."""
    inter_token: tuple[float, ...] = ()
    """Of the time between tokens."""
    end_to_end: tuple[float, ...] = ()
    """Of the whole request."""

    @classmethod
    def of(cls, edges: Edges) -> KnownEdges:
        return cls.model_validate({indicator.value: sorted(edges.get(indicator, ())) for indicator in Indicator})

    @property
    def edges(self) -> Edges:
        """Those that are known."""
        given = (self.time_to_first_token, self.inter_token, self.end_to_end)
        return {indicator: frozenset(own) for indicator, own in zip(Indicator, given, strict=True) if own}


class MonitorStatus(Spec):
    """What is true of the service."""

    observed_generation: int | None = None
    """The spec that this status speaks of."""
    source: Source = Source.NONE_YET
    """Where its vLLM metrics were seen."""
    clusters: tuple[ClusterStatus, ...] = ()
    """Its RayClusters."""
    conditions: tuple[Condition, ...] = Field(
        default=(), json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
    )
    """What holds, and what does not."""
    summary: Summary | None = None
    """The counts over all clusters."""
    edges: KnownEdges | None = None
    """What a threshold of `spec.rules.slo` may be; absent without it."""
