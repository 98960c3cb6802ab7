"""The PodMonitor of a service (monitoring.coreos.com/v1): every pod of its clusters, whether it is Ready or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rayscope.model.manifest import Manifest
from rayscope.model.names import RAY_CLUSTER_LABEL, SERVICE_LABEL, pod_monitor
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata


def service_pod_monitor(
    service: Service, clusters: Iterable[Manifest], endpoints: Sequence[Manifest], labels: Mapping[str, str]
) -> Manifest:
    """The PodMonitor for a service and its live `clusters` (RayClusters)."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": child_metadata(service, pod_monitor(service.key.name), "monitor", labels),
        "spec": {"selector": selector(service, clusters), "podMetricsEndpoints": endpoints},
    }


def selector(service: Service, clusters: Iterable[Manifest]) -> Manifest:
    """Selects the pods of the service's clusters: those that live, and those that its status already names.

    By cluster, because that label is on every pod that KubeRay makes, injected or not. A service that is so new that
    no cluster is known yet selects by our own label, which its pods will have from birth: so there is a monitor before
    there is a pod, and never one that selects nothing (`In` takes no empty list) or everything (no expression at all).
    """
    known = known_clusters(service, clusters)
    if not known:
        return {"matchLabels": {SERVICE_LABEL: service.key.name}}
    return {"matchExpressions": [{"key": RAY_CLUSTER_LABEL, "operator": "In", "values": known}]}


def known_clusters(service: Service, clusters: Iterable[Manifest]) -> list[str]:
    """Names of the clusters that live, and of those that the service's status already names."""
    return sorted({cluster["metadata"]["name"] for cluster in clusters}.union(service.expected_clusters))
