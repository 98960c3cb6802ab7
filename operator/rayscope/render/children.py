"""All children of a service: what must exist beside it, and which exporters its pods mount.

What is owned by the service, managed by Rayscope, and not rendered, may be pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorKind, MonitorSpec
from rayscope.model.names import service_monitor
from rayscope.model.rules import Edges
from rayscope.model.service import Service
from rayscope.render.approute import app_service_monitor
from rayscope.render.endpoints import port_endpoints
from rayscope.render.exporter import mounted_exporters
from rayscope.render.podmonitor import service_pod_monitor
from rayscope.render.rules.prometheusrule import service_prometheus_rule
from rayscope.render.servicemonitor import service_service_monitor, target_services
from rayscope.render.settings import Settings

NOTHING_REPORTED: Edges = MappingProxyType({})
LONGEST_NAME = 63
"""A longer name fits into no label. KubeRay, which labels clusters with it, makes none for such a service either."""


def render(
    service: Service,
    clusters: Sequence[Manifest],
    wanted: MonitorSpec,
    settings: Settings,
    edges: Edges = NOTHING_REPORTED,
) -> Iterator[Manifest]:
    """Every child of a labelled service.

    `clusters` are the RayClusters that live now; `wanted` is the spec of its VLLMMonitor, the defaults where it has
    none. `edges` are those that its pods have reported: what an SLO is measured by.
    """
    if len(service.key.name) > LONGEST_NAME:
        return
    yield from monitors(service, clusters, wanted, settings)
    yield from rules(service, clusters, wanted, settings, edges)


def monitors(
    service: Service, clusters: Sequence[Manifest], wanted: MonitorSpec, settings: Settings
) -> Iterator[Manifest]:
    """What tells a Prometheus about the service, and the Services that it may need for that.

    The exporter's port is scraped as long as a cluster has one, also where the next shall have none.
    """
    scrape, labels = wanted.scrape, {**settings.labels, **wanted.scrape.labels}
    exporter = wanted.injection.enabled or bool(mounted_exporters(clusters))
    if scrape.kind is MonitorKind.POD_MONITOR:
        if endpoints := list(port_endpoints(service, scrape, exporter=exporter)):
            yield service_pod_monitor(service, clusters, endpoints, labels)
    elif endpoints := list(port_endpoints(service, scrape, exporter=exporter, job=service_monitor(service.key.name))):
        yield from target_services(service, clusters)
        yield service_service_monitor(service, endpoints, labels)
    if scrape.app:
        yield app_service_monitor(service, clusters, wanted, scrape.app, labels)


def rules(
    service: Service,
    clusters: Sequence[Manifest],
    wanted: MonitorSpec,
    settings: Settings,
    edges: Edges = NOTHING_REPORTED,
) -> Iterator[Manifest]:
    """What a Prometheus evaluates for the service."""
    if wanted.rules.enabled:
        labels = {**settings.labels, **settings.rule_labels, **wanted.scrape.labels}
        yield service_prometheus_rule(service, clusters, wanted, edges, labels)


def wanted_exporters(
    service: Service, clusters: Iterable[Manifest], wanted: MonitorSpec, settings: Settings
) -> frozenset[str]:
    """Digests of the exporters that the service's pods mount, now or next."""
    if len(service.key.name) > LONGEST_NAME:
        return frozenset()
    following = {settings.exporter} if wanted.injection.enabled else set()
    return mounted_exporters(clusters) | following
