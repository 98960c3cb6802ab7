"""The cluster that KubeRay would make of a service now: for a dry run, which shows what admission does to it. Pure."""

from __future__ import annotations

from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import (
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_API_VERSION,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_ORIGIN_NAME_LABEL,
)
from rayscope.model.service import Service

LONGEST_STEM = 40


def new_cluster(service: Service) -> Manifest:
    """As constructRayClusterForRayService makes it (rayservice_controller.go), with the service's own metadata.

    It has the opt-in label, whether the service has it or not: what happens to a labelled one is what is asked.
    """
    origin = {RAY_ORIGIN_NAME_LABEL: service.key.name, RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND}
    return {
        "apiVersion": RAY_API_VERSION,
        "kind": "RayCluster",
        "metadata": {
            "name": f"{service.key.name[:LONGEST_STEM]}-preview",
            "namespace": service.key.namespace,
            "labels": {**labels(service.manifest), MONITOR_LABEL: MONITOR_VALUE, **origin},
            "annotations": dict(mapping(service.manifest, "metadata", "annotations")),
        },
        "spec": mapping(service.manifest, "spec", "rayClusterConfig"),
    }
