"""A monitor: the VLLMMonitor of a service, what its owner wants of monitoring. Absent fields have defaults, given here.

This model is the one source of the CRD's schema (`rayscope.render.crd`): what `kubectl apply` refuses, and what the
operator understands, cannot differ. Field docstrings become the descriptions that `kubectl explain` shows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from rayscope.model.names import EXPORTER_PORT, FAMILY_PREFIX
from rayscope.model.relabeling import Relabeling
from rayscope.model.rules import Rules
from rayscope.model.schema import Duration, Quantity, Spec, rules

LABEL_NAME = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
)
LABEL_VALUE = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
RAY_PORTS = (6379, 8000, 8080, 8265, 9101, 10001, 44217, 44227, 52365)
"""Ports of Ray's own processes by default (docs.ray.io, "Configuring Ray"), besides 10002-19999 for its workers."""


class Volume(Spec):
    """The shared directory: an emptyDir in memory."""

    size_limit: Quantity = "256Mi"
    """Its size limit. A full directory kills the engine (SIGBUS), so it is some 200 times what a process writes."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.sizeLimit) || quantity(string(self.sizeLimit)).compareTo(quantity('16Mi')) >= 0",
                "sizeLimit must be at least 16Mi: a full directory kills the engine",
            )
        )
    )


class Resources(Spec):
    """What the exporter's container asks for. In a Guaranteed pod its requests are raised to its limits."""

    cpu_request: Quantity = "10m"
    """CPU request; there is no CPU limit, except in Guaranteed pods."""
    memory_request: Quantity = "32Mi"
    """Memory request."""
    memory_limit: Quantity = "128Mi"
    """Memory limit. The exporter's own is 96Mi: more is never used, with less the kernel may end it."""
    guaranteed_cpu: Quantity = "100m"
    """CPU request and limit where the Ray container is Guaranteed."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "quantity(string(self.memoryRequest)).compareTo(quantity(string(self.memoryLimit))) <= 0",
                "memoryRequest must not exceed memoryLimit",
            ),
            (
                "quantity(string(self.memoryLimit)).compareTo(quantity('64Mi')) >= 0",
                "memoryLimit must be at least 64Mi: the exporter is a Python process",
            ),
        )
    )


class Exporter(Spec):
    """The container that reads the directory."""

    port: int = Field(
        default=EXPORTER_PORT,
        ge=1024,
        le=65535,
        json_schema_extra=rules(
            (f"!(self in {list(RAY_PORTS)})", "port is one of Ray's own"),
            ("self < 10002 || self > 19999", "ports 10002-19999 belong to Ray's worker processes"),
        ),
    )
    """The port that it serves."""
    families: Annotated[
        tuple[Annotated[str, Field(pattern=FAMILY_PREFIX, max_length=64)], ...], Field(max_length=32)
    ] = (
        "vllm:",
        "lmcache:",
    )
    """Prefixes of the metric families that it passes on. An empty list means all, Ray's own on the head included."""
    image: str | None = Field(default=None, min_length=1, max_length=512)
    """Another image, with /bin/sh and Python 3.9 or later; the Ray container's own where it is absent."""
    resources: Resources = Resources()
    """What its container asks for."""


class Injection(Spec):
    """What is put into the pods of clusters that are created from now on. Running clusters keep what they have."""

    enabled: bool = True
    """Whether anything is injected; false leaves only the monitors, on Ray's own port."""
    volume: Volume = Volume()
    """The shared directory."""
    exporter: Exporter = Exporter()
    """The container that reads it."""


class MonitorKind(StrEnum):
    """Prometheus Operator's object that is created."""

    POD_MONITOR = "PodMonitor"
    SERVICE_MONITOR = "ServiceMonitor"


class RayPort(StrEnum):
    """How much of Ray's own port is kept."""

    ESSENTIAL = "Essential"
    FULL = "Full"
    OFF = "Off"


class AppRoute(Spec):
    """A `/metrics` route that the Serve application itself offers."""

    port: str = Field(default="serve", pattern=r"^serve(-[-a-z0-9]{0,8}[a-z0-9])?$")
    """Name of the port; KubeRay's Serve Service has those that begin with `serve`, and no other."""
    path: str = Field(default="/metrics", pattern=r"^/[^?#]*$", max_length=256)
    """Path of the route."""


class Scrape(Spec):
    """What Prometheus is told to scrape."""

    kind: MonitorKind = MonitorKind.POD_MONITOR
    """PodMonitor, or ServiceMonitor with a headless Service per cluster."""
    interval: Duration | None = None
    """Time between scrapes; Prometheus' own default where it is absent."""
    scrape_timeout: Duration | None = None
    """Time that a scrape may take."""
    labels: dict[str, Annotated[str, Field(pattern=LABEL_VALUE, max_length=63)]] = Field(default={}, max_length=32)
    """Labels of the monitors, for a Prometheus' selectors: `release: prometheus`. They win over the operator's."""
    ray: RayPort = RayPort.ESSENTIAL
    """How much of Ray's own port is kept: an allow-list, everything (a megabyte a scrape), or nothing."""
    app: AppRoute | None = None
    """Scrapes the application's own route as well, without what the exporter already shows."""
    relabelings: tuple[Relabeling, ...] = Field(default=(), max_length=64)
    """Further target relabelling, after Rayscope's own."""
    metric_relabelings: tuple[Relabeling, ...] = Field(default=(), max_length=64)
    """Further sample relabelling, after Rayscope's own."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.scrapeTimeout) || has(self.interval)",
                "scrapeTimeout needs an interval",
            ),
            (
                "!has(self.scrapeTimeout) || duration(self.scrapeTimeout) <= duration(self.interval)",
                "scrapeTimeout must not exceed the interval",
            ),
            (
                f"!has(self.labels) || self.labels.all(name, name.matches('{LABEL_NAME}'))",
                "labels must have valid label names",
            ),
        )
    )


SOMETHING_TO_SCRAPE = rules(
    (
        "!has(self.injection) || self.injection.enabled || self.scrape.ray != 'Off' || has(self.scrape.app)",
        "nothing is left to scrape: injection is off, scrape.ray is Off, and there is no scrape.app",
    )
)


class MonitorSpec(Spec):
    """What the owner of a vLLM service wants of its monitoring."""

    injection: Injection = Injection()
    """What is put into the pods."""
    scrape: Scrape = Scrape()
    """What Prometheus is told."""
    rules: Rules = Rules()
    """What Prometheus evaluates: alerts and SLOs."""

    model_config = ConfigDict(json_schema_extra=SOMETHING_TO_SCRAPE)
