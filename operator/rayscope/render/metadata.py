"""The metadata that every child of a service has: where it lives, whose it is, and how it is found again.

Never a label by which KubeRay selects: it takes objects that carry its `ray.io/originated-from-*` pair for its own and
deletes them (ray-operator/controllers/ray/common/association.go).
"""

from __future__ import annotations

from collections.abc import Mapping

from rayscope.model.manifest import Manifest
from rayscope.model.names import (
    COMPONENT_LABEL,
    MANAGED_BY_LABEL,
    MANAGER,
    NAME_LABEL,
    RAY_API_VERSION,
    RAY_ORIGIN_KIND,
    SERVICE_LABEL,
)
from rayscope.model.service import Service


def child_metadata(service: Service, name: str, component: str, labels: Mapping[str, str] | None = None) -> Manifest:
    """Metadata of the child `name`; `labels` are added, and never replace Rayscope's own."""
    return {
        "name": name,
        "namespace": service.key.namespace,
        "labels": {**(labels or {}), **own_labels(component), SERVICE_LABEL: service.key.name},
        "ownerReferences": [owner(service)],
    }


def own_labels(component: str) -> dict[str, str]:
    """What every object of Rayscope's carries. No version: an upgrade must not rewrite every child."""
    return {MANAGED_BY_LABEL: MANAGER, NAME_LABEL: MANAGER, COMPONENT_LABEL: component}


def owner(service: Service) -> Manifest:
    """Owner reference to the RayService: Kubernetes deletes the child with it.

    `blockOwnerDeletion` is left out: it would need update rights on the RayService's finalizers, and nothing of ours
    is worth delaying the deletion of a service.
    """
    return {
        "apiVersion": RAY_API_VERSION,
        "kind": RAY_ORIGIN_KIND,
        "name": service.key.name,
        "uid": service.uid,
        "controller": True,
    }
