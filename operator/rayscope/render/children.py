"""All children of a service: what must exist beside it, and what must not be taken away.

What is owned by the service, managed by Rayscope, and neither rendered nor kept, may be pruned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorKind, MonitorSpec
from rayscope.model.names import exporter_config_map, service_monitor
from rayscope.model.rules import Edges
from rayscope.model.service import Service
from rayscope.render.approute import app_service_monitor
from rayscope.render.endpoints import port_endpoints
from rayscope.render.exporter import mounted_exporters, service_exporter
from rayscope.render.podmonitor import service_pod_monitor
from rayscope.render.rules.prometheusrule import service_prometheus_rule
from rayscope.render.servicemonitor import service_service_monitor, target_services
from rayscope.render.settings import Settings

NOTHING_REPORTED: Edges = MappingProxyType({})
LONGEST_NAME = 63
"""A longer name fits into no label. KubeRay, which labels clusters with it, makes none for such a service either."""


def render(  # noqa: PLR0913, PLR0917 - all that a child depends on
    service: Service,
    clusters: Sequence[Manifest],
    wanted: MonitorSpec,
    settings: Settings,
    zipapps: Mapping[str, bytes],
    edges: Edges = NOTHING_REPORTED,
) -> Iterator[Manifest]:
    """Every child of a labelled service, in the order in which pods need them.

    `clusters` are the RayClusters that live now; `wanted` is the spec of its VLLMMonitor, the defaults where it has
    none; `zipapps` holds the exporters at hand by digest. One that a cluster mounts and that is not at hand is not
    rendered: `missing_exporters` names it. `edges` are those that its pods have reported: what an SLO is measured by.
    """
    if len(service.key.name) > LONGEST_NAME:
        return
    for digest in sorted(_wanted_exporters(service, clusters, wanted, settings) & zipapps.keys()):
        yield service_exporter(service, digest, zipapps[digest])
    yield from monitors(service, clusters, wanted, settings)
    yield from rules(service, clusters, wanted, settings, edges)


def monitors(
    service: Service, clusters: Sequence[Manifest], wanted: MonitorSpec, settings: Settings
) -> Iterator[Manifest]:
    """What tells a Prometheus about the service, and the Services that it may need for that.

    The exporter's port is scraped as long as a cluster has one, also where the next shall have none.
    """
    scrape, labels = wanted.scrape, {**settings.labels, **wanted.scrape.labels}
    exporter = wanted.injection.enabled or bool(mounted_exporters(service, clusters))
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


def kept(service: Service, clusters: Iterable[Manifest], pods: Iterable[Manifest] = ()) -> frozenset[str]:
    """Names of the ConfigMaps that no prune may touch, whether the service is wanted or not.

    Pass the service's `pods` too before one is really deleted: a KubeRay update during an outage of the webhook takes
    the mount out of a cluster's template, never out of its running pods.
    """
    mounted = mounted_exporters(service, clusters, pods)
    return frozenset(exporter_config_map(service.key.name, digest) for digest in mounted)


def missing_exporters(
    service: Service,
    clusters: Iterable[Manifest],
    wanted: MonitorSpec,
    settings: Settings,
    zipapps: Mapping[str, bytes],
) -> frozenset[str]:
    """Digests that the service's clusters mount, now or next, and that are not at hand."""
    return _wanted_exporters(service, clusters, wanted, settings) - zipapps.keys()


def _wanted_exporters(
    service: Service, clusters: Iterable[Manifest], wanted: MonitorSpec, settings: Settings
) -> frozenset[str]:
    following = {settings.exporter} if wanted.injection.enabled else set()
    return mounted_exporters(service, clusters) | following
