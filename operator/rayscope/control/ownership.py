"""Whose a VLLMMonitor is: the operator's, until somebody else says anything about its spec. Then it is theirs for good.

Read from `metadata.managedFields`, which the API server keeps for every writer. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import MANAGER
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata

APPLIED = "f:kubectl.kubernetes.io/last-applied-configuration"
"""What `kubectl apply` leaves on an object, also where it changed nothing of it."""


def wanted_monitor(service: Service, api_version: str, kind: str) -> Manifest:
    """The VLLMMonitor of a service that has none: only metadata, so that no field of its spec is ever ours."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": child_metadata(service, service.key.name, "configuration"),
    }


def ours(monitor: Manifest) -> bool:
    """Whether Rayscope's owner reference is on it."""
    return any(
        entry.get("manager") == MANAGER and "f:ownerReferences" in mapping(fields, "f:metadata")
        for entry, fields in _writers(monitor)
    )


def claimed(monitor: Manifest) -> bool:
    """Whether somebody else has written its spec, or applied it as a whole."""
    return any(
        entry.get("manager") != MANAGER
        and ("f:spec" in fields or APPLIED in mapping(fields, "f:metadata", "f:annotations"))
        for entry, fields in _writers(monitor)
    )


def _writers(monitor: Manifest) -> Iterator[tuple[Manifest, Manifest]]:
    """Everybody who manages a field of the object itself, its status apart; whoever has no name is somebody else."""
    for entry in sequence(monitor, "metadata", "managedFields"):
        if not entry.get("subresource"):
            yield entry, mapping(entry, "fieldsV1")
