"""The ServiceMonitor for a `/metrics` route that a Serve application offers itself, through KubeRay's Serve Service.

Such a route answers with one replica's whole directory, another one each time. What the exporter of a pod passes on is
therefore dropped here, or every number of the service would be there twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rayscope.inject import recorded_payload
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import AppRoute, MonitorSpec
from rayscope.model.names import (
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_SERVE_LABEL,
    app_monitor,
    serve_label,
)
from rayscope.model.service import Service
from rayscope.render.endpoints import CLUSTER_TARGET_LABEL, endpoint
from rayscope.render.metadata import child_metadata
from rayscope.render.podmonitor import known_clusters


def app_service_monitor(
    service: Service, clusters: Sequence[Manifest], wanted: MonitorSpec, route: AppRoute, labels: Mapping[str, str]
) -> Manifest:
    """The ServiceMonitor for the `route` of a service with these live `clusters` (RayClusters)."""
    name = app_monitor(service.key.name)
    scraped = endpoint(route.port, service, wanted.scrape, list(_dropped(clusters, wanted)), job=name)
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": child_metadata(service, name, "monitor", labels),
        "spec": {"selector": _selector(service, clusters), "endpoints": [{**scraped, "path": route.path}]},
    }


def _selector(service: Service, clusters: Sequence[Manifest]) -> Manifest:
    """KubeRay's Serve Services: the service's own, or one a cluster with incremental upgrades (BuildServeService)."""
    origins = [service.key.name, *known_clusters(service, clusters)]
    return {
        "matchLabels": {RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND},
        "matchExpressions": [
            {"key": RAY_SERVE_LABEL, "operator": "In", "values": [serve_label(origin) for origin in origins]}
        ],
    }


def _dropped(clusters: Sequence[Manifest], wanted: MonitorSpec) -> Iterator[Manifest]:
    """Cluster by cluster, as each was injected: one without an exporter keeps all that its route shows.

    Before any cluster is known, as the next one will be injected.
    """
    if not clusters and wanted.injection.enabled:
        yield _drop(["__name__"], _matching(wanted.injection.exporter.families))
    for cluster in sorted(clusters, key=lambda cluster: str(cluster["metadata"]["name"])):
        if payload := recorded_payload(cluster):
            pattern = f"{cluster['metadata']['name']};{_matching(payload.families)}"
            yield _drop([CLUSTER_TARGET_LABEL, "__name__"], pattern)


def _matching(families: Sequence[str]) -> str:
    """A regular expression for the names that begin with a prefix; no prefix means all, as it does to the exporter."""
    return f"({'|'.join(families)}).*" if families else ".*"


def _drop(labels: list[str], pattern: str) -> Manifest:
    return {"action": "drop", "sourceLabels": labels, "regex": pattern}
