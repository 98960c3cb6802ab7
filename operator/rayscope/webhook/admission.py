"""AdmissionReview, admission.k8s.io/v1, as it travels: bytes to a request, a patch to bytes.

The only place that knows the wire form (Kubernetes documentation, "Dynamic Admission Control").
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rayscope.model.manifest import Manifest, mapping

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"
OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")
LONGEST_WARNING = 256
"""Characters; the API server cuts longer warnings, and drops what exceeds 4096 in all."""


class Malformed(ValueError):  # noqa: N818 - the word for it, as in 400
    """This is no review; the message says why."""


@dataclass(frozen=True)
class Request:
    """What the API server asks about."""

    uid: str
    operation: str
    resource: str
    """`group/version/plural`, with `/subresource` where it is one, e.g. `ray.io/v1/rayclusters`."""
    namespace: str
    """The object itself may leave it out, as it may leave out its name (generateName)."""
    object: Manifest
    old: Manifest
    """The object before an UPDATE or DELETE; empty for a CREATE."""
    size: int
    """Bytes of the object, at most."""


def request(body: bytes) -> Request:
    """The request in a review; Malformed where it is none."""
    try:
        review = json.loads(body)
    except (ValueError, RecursionError) as trouble:
        raise Malformed(f"A review is JSON: {trouble}") from trouble
    asked = _asked(review)
    uid, operation = asked.get("uid"), asked.get("operation")
    if not (isinstance(uid, str) and uid):
        raise Malformed("request.uid is missing.")
    if operation not in OPERATIONS:
        raise Malformed(f"request.operation is none of {', '.join(OPERATIONS)}.")
    return Request(
        uid=uid,
        operation=operation,
        resource=_resource(asked),
        namespace=str(asked.get("namespace") or ""),
        object=_object(asked, "object"),
        old=_object(asked, "oldObject"),
        size=_size(body),
    )


def _asked(review: Any) -> Manifest:  # noqa: ANN401 - whatever somebody sends
    if not isinstance(review, dict):
        raise Malformed("A review is a JSON object.")
    if (review.get("apiVersion"), review.get("kind")) != (API_VERSION, KIND):
        raise Malformed(f"Only {KIND} of {API_VERSION} is understood.")
    asked = review.get("request")
    if not isinstance(asked, dict):
        raise Malformed("The review has no request.")
    return asked


def _resource(asked: Manifest) -> str:
    named = asked.get("resource")
    if not isinstance(named, dict):
        raise Malformed("request.resource is missing.")
    parts = [str(named.get(key) or "") for key in ("group", "version", "resource")]
    return "/".join([*parts, subresource] if (subresource := str(asked.get("subResource") or "")) else parts)


def _object(asked: Manifest, field: str) -> Manifest:
    found = asked.get(field)
    if not isinstance(found, dict | None):
        raise Malformed(f"request.{field} is no object.")
    return mapping(asked, field)


def _size(body: bytes) -> int:
    """By where the old object begins, which the API server writes after the new one: to measure it would cost more."""
    begins = body.rfind(b'"oldObject":')
    return begins if begins > body.find(b'"object":') else len(body)


def response(
    uid: str, patch: Sequence[Manifest] = (), warnings: Sequence[str] = (), audit: Mapping[str, str] | None = None
) -> bytes:
    """The review that allows a request, with the JSON patch (RFC 6902) if there is one."""
    answer: dict[str, Any] = {"uid": uid, "allowed": True}
    if patch:
        encoded = b64encode(json.dumps(patch, separators=(",", ":")).encode()).decode()
        answer |= {"patchType": "JSONPatch", "patch": encoded}
    if warnings:
        answer["warnings"] = [warning[:LONGEST_WARNING] for warning in warnings]
    if audit:
        answer["auditAnnotations"] = dict(audit)
    return json.dumps({"apiVersion": API_VERSION, "kind": KIND, "response": answer}).encode()
