"""The exporter's resources: small, and of the pod's own quality of service, which it must never lower.

A pod is Guaranteed only if every container's requests equal its limits; one that is not may lose its exclusive CPUs,
and is evicted and killed earlier (k8s.io/docs: Pod Quality of Service Classes).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.payload import Payload

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def exporter_resources(pod: Manifest, payload: Payload) -> dict[str, Any] | None:
    """The exporter's `resources` in this pod spec; None where the pod has a budget of its own for all containers.

    Kubernetes refuses a pod whose containers ask for more than `spec.resources` has, so nothing is asked for there.
    """
    if mapping(pod, "resources"):
        return None
    if guaranteed(pod):
        both = {"cpu": payload.guaranteed_cpu, "memory": payload.memory_limit}
        return {"requests": both, "limits": dict(both)}
    return {
        "requests": {"cpu": payload.cpu_request, "memory": payload.memory_request},
        "limits": {"memory": payload.memory_limit},
    }


def guaranteed(pod: Manifest) -> bool:
    """Whether the pod is Guaranteed as its template stands (Kubernetes: ComputePodQOS)."""
    return all(map(_fixed, (*sequence(pod, "containers"), *sequence(pod, "initContainers"))))


def _fixed(container: Manifest) -> bool:
    """Whether CPU and memory are limited, and the requests, which default to the limits, are the same."""
    limits = mapping(container, "resources", "limits")
    requests = {**limits, **mapping(container, "resources", "requests")}
    return all(quantity(limits.get(name)) == quantity(requests.get(name)) != 0 for name in ("cpu", "memory"))


def quantity(written: object) -> Decimal:
    """A Kubernetes quantity as a number; 0 where there is none, or one that Kubernetes will refuse."""
    match = _QUANTITY.fullmatch(str(written))
    if not match:
        return Decimal(0)
    number, exponent, suffix = match.groups(default="")
    if suffix in _BINARY:
        return Decimal(number) * Decimal(2 ** _BINARY[suffix])
    return Decimal(number).scaleb(int(exponent) if exponent else _DECIMAL[suffix])
