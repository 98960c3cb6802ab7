"""The ServiceMonitor of a service, and the headless Services by which it finds the pods.

KubeRay gives workers no Service, so there is one of ours for every cluster. None of them carries a label by which
KubeRay looks for Services of its own (metadata.py), and none is an address that anybody should use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rayscope.model.manifest import Manifest
from rayscope.model.names import (
    COMPONENT_LABEL,
    EXPORTER_PORT,
    EXPORTER_PORT_NAME,
    RAY_CLUSTER_LABEL,
    RAY_METRICS_PORT,
    RAY_METRICS_PORT_NAME,
    SERVICE_LABEL,
    cluster_targets,
    service_monitor,
    service_targets,
)
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata
from rayscope.render.podmonitor import known_clusters

TARGETS = "targets"
"""Component of the Services, and how the ServiceMonitor tells them from whatever else has the service's label."""


def service_service_monitor(service: Service, endpoints: Sequence[Manifest], labels: Mapping[str, str]) -> Manifest:
    """The ServiceMonitor: selects all Services that `target_services` makes for the service, now or later."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": child_metadata(service, service_monitor(service.key.name), "monitor", labels),
        "spec": {
            "selector": {"matchLabels": {COMPONENT_LABEL: TARGETS, SERVICE_LABEL: service.key.name}},
            "endpoints": endpoints,
        },
    }


def target_services(service: Service, clusters: Iterable[Manifest]) -> Iterator[Manifest]:
    """One for each cluster that lives or is about to; before any is known, one by the label of injected pods."""
    known = known_clusters(service, clusters)
    for cluster in known:
        yield _headless(service, cluster_targets(cluster), {RAY_CLUSTER_LABEL: cluster})
    if not known:
        yield _headless(service, service_targets(service.key.name), {SERVICE_LABEL: service.key.name})


def _headless(service: Service, name: str, selector: Mapping[str, str]) -> Manifest:
    """Pods that are not Ready are listed too: a Ray worker without a Serve proxy never is.

    Ports go by their names in the pod, so a pod that lacks one is listed with the other alone.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": child_metadata(service, name, TARGETS),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": dict(selector),
            "ports": [
                _port(EXPORTER_PORT_NAME, EXPORTER_PORT),
                _port(RAY_METRICS_PORT_NAME, RAY_METRICS_PORT),
            ],
        },
    }


def _port(name: str, number: int) -> Manifest:
    """`number` is a formality: a headless Service has no address at which it could be used."""
    return {"name": name, "port": number, "targetPort": name, "protocol": "TCP"}
