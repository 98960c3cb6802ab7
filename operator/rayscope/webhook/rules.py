"""Which clusters are injected, and with what: the whole decision, and nothing but the decision.

A cluster is injected at its birth or never: what was made without injection stays without it, and what was injected
keeps its payload for life. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rayscope.inject import recorded_payload
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, SYSTEM_NAMESPACES
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.admission import Request

RAY_CLUSTERS = "ray.io/v1/rayclusters"


class Reason(StrEnum):
    """Why a cluster is left as it is."""

    OTHER_RESOURCE = "other_resource"
    OTHER_OPERATION = "other_operation"
    SYSTEM_NAMESPACE = "system_namespace"
    DELETING = "deleting"
    NO_SERVICE = "no_service"
    """It was not made for a RayService."""
    NOT_LABELLED = "not_labelled"
    NOT_INJECTED_BEFORE = "not_injected_before"
    """An UPDATE of a cluster that was made without injection: one more container now could cost a restart."""


@dataclass(frozen=True)
class Inject:
    service: Key
    payload: Payload | None
    """The one to keep; None where the cluster is new and has none yet."""


def decide(request: Request) -> Inject | Reason:
    """What to do about a request."""
    if reason := _out_of_scope(request):
        return reason
    name = service_name(request.object)
    if name is None:
        return Reason.NO_SERVICE
    service = Key(request.namespace, name)
    return _created(request.object, service) if request.operation == "CREATE" else _updated(request.old, service)


def _out_of_scope(request: Request) -> Reason | None:
    if request.resource != RAY_CLUSTERS:
        return Reason.OTHER_RESOURCE
    if request.operation not in {"CREATE", "UPDATE"}:
        return Reason.OTHER_OPERATION
    if request.namespace in SYSTEM_NAMESPACES:
        return Reason.SYSTEM_NAMESPACE
    return Reason.DELETING if mapping(request.object, "metadata").get("deletionTimestamp") else None


def _created(cluster: Manifest, service: Key) -> Inject | Reason:
    if labels(cluster).get(MONITOR_LABEL) != MONITOR_VALUE:
        return Reason.NOT_LABELLED
    # It may be injected already: by `rayscope inject` into the manifests, or by our own first call, before another
    # webhook changed it and the API server asked again (reinvocationPolicy).
    return Inject(service, recorded_payload(cluster))


def _updated(old: Manifest, service: Key) -> Inject | Reason:
    # Without regard to the label: half of a running cluster's groups would lose the injection with the next edit.
    payload = recorded_payload(old)
    return Inject(service, payload) if payload else Reason.NOT_INJECTED_BEFORE
