"""The PodMonitor of a service (monitoring.coreos.com/v1): both ports of every pod, with labels to tell them apart.

Only fields that Prometheus Operator has had for years: an apply with a field that an older CRD lacks fails as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import RayPort
from rayscope.model.names import (
    EXPORTER_PORT_NAME,
    RAY_CLUSTER_LABEL,
    RAY_GROUP_LABEL,
    RAY_METRICS_PORT_NAME,
    RAY_NODE_TYPE_LABEL,
    SERVICE_LABEL,
    pod_monitor,
)
from rayscope.model.service import Service
from rayscope.render.essential import PATTERN
from rayscope.render.metadata import child_metadata
from rayscope.render.settings import Scrape

SERVICE_TARGET_LABEL = "rayservice"
"""On every series of a service. KubeRay's sample monitors do not set it, so it also tells their copies from ours."""


def service_pod_monitor(service: Service, clusters: Iterable[Manifest], scrape: Scrape) -> Manifest:
    """The PodMonitor for a service and its live `clusters` (RayClusters).

    Left out on purpose: `honorLabels` (target labels win, so no exporter can pose as another pod), `sampleLimit`
    (Prometheus drops the whole scrape above it: the first thing it would ever do is blind somebody; a cluster's own
    `enforcedSampleLimit` still holds), `attachMetadata` (needs rights on nodes, and no rule of ours uses it).
    """
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": child_metadata(service, pod_monitor(service.key.name), "monitor", scrape.labels),
        "spec": {"selector": selector(service, clusters), "podMetricsEndpoints": list(_endpoints(service, scrape))},
    }


def selector(service: Service, clusters: Iterable[Manifest]) -> Manifest:
    """Selects the pods of the service's clusters: those that live, and those that its status already names.

    By cluster, because that label is on every pod that KubeRay makes, injected or not. A service that is so new that
    no cluster is known yet selects by our own label, which its pods will have from birth: so there is a monitor before
    there is a pod, and never one that selects nothing (`In` takes no empty list) or everything (no expression at all).
    """
    known = {cluster["metadata"]["name"] for cluster in clusters}.union(service.expected_clusters)
    if not known:
        return {"matchLabels": {SERVICE_LABEL: service.key.name}}
    return {"matchExpressions": [{"key": RAY_CLUSTER_LABEL, "operator": "In", "values": sorted(known)}]}


def _endpoints(service: Service, scrape: Scrape) -> Iterator[Manifest]:
    common = {
        **({"interval": scrape.interval} if scrape.interval else {}),
        "relabelings": _relabelings(service),
    }
    yield {"port": EXPORTER_PORT_NAME, **common}
    if scrape.ray is not RayPort.OFF:
        yield {"port": RAY_METRICS_PORT_NAME, **common, **_kept(scrape.ray)}


def _kept(ray: RayPort) -> Manifest:
    if ray is RayPort.FULL:
        return {}
    return {"metricRelabelings": [{"action": "keep", "sourceLabels": ["__name__"], "regex": PATTERN}]}


def _relabelings(service: Service) -> list[Manifest]:
    """Target labels, in the spelling that KubeRay's dashboards query; namespace and pod come by themselves."""
    return [
        {"targetLabel": SERVICE_TARGET_LABEL, "replacement": service.key.name, "action": "replace"},
        *(_copied(label) for label in (RAY_CLUSTER_LABEL, RAY_NODE_TYPE_LABEL, RAY_GROUP_LABEL)),
    ]


def _copied(label: str) -> Manifest:
    """A pod label as a target label of the same name, with the characters that Prometheus allows."""
    target = label.translate(str.maketrans("./-", "___"))
    return {"sourceLabels": [f"__meta_kubernetes_pod_label_{target}"], "targetLabel": target, "action": "replace"}
