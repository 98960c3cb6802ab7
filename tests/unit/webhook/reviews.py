"""Reviews as an API server sends them, and what it would make of the answers."""

import json
from base64 import b64decode
from typing import Any

import jsonpatch
from prometheus_client import REGISTRY

from rayscope.inject import inject
from rayscope.model.payload import Payload
from rayscope.model.service import Key

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"
DEFAULTS = Payload(exporter="0123456789")
LABELS = {
    "rayscope.dev/monitor": "vllm",
    "ray.io/originated-from-crd": "RayService",
    "ray.io/originated-from-cr-name": "llm",
}


def group(name: str, env: int = 0) -> dict[str, Any]:
    variables = [{"name": f"VARIABLE_{number}", "value": f"value-{number}"} for number in range(env)]
    container = {"name": "ray", "image": "rayproject/ray:2.52.0", "env": variables}
    return {"groupName": name, "replicas": 1, "rayStartParams": {}, "template": {"spec": {"containers": [container]}}}


def cluster(labels: dict[str, str] | None = None, workers: int = 1, **metadata: Any) -> dict[str, Any]:
    head = {key: value for key, value in group("head").items() if key not in {"groupName", "replicas"}}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"generateName": "llm-", "labels": LABELS if labels is None else labels, **metadata},
        "spec": {"headGroupSpec": head, "workerGroupSpecs": [group(f"gpu-{number}") for number in range(workers)]},
    }


def review(new: Any, old: Any = None, **request: Any) -> dict[str, Any]:
    """A CREATE, or an UPDATE where there is an old object; `request` replaces fields."""
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": UID,
            "kind": {"group": "ray.io", "version": "v1", "kind": "RayCluster"},
            "resource": {"group": "ray.io", "version": "v1", "resource": "rayclusters"},
            "operation": "UPDATE" if old else "CREATE",
            "namespace": "ml",
            "object": new,
            "oldObject": old,
            "dryRun": False,
            **request,
        },
    }


def encoded(sent: Any) -> bytes:
    return json.dumps(sent).encode()


def response(answer: bytes) -> dict[str, Any]:
    """The response, having checked what holds for every answer."""
    told = json.loads(answer)
    assert (told["apiVersion"], told["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    given: dict[str, Any] = told["response"]
    assert given["uid"] == UID
    assert given["allowed"] is True
    assert ("patch" in given) == ("patchType" in given)
    return given


def admitted(sent: dict[str, Any], answer: bytes) -> Any:
    """The object that would be stored."""
    given = response(answer)
    if "patch" not in given:
        return sent["request"]["object"]
    assert given["patchType"] == "JSONPatch"
    return jsonpatch.apply_patch(sent["request"]["object"], json.loads(b64decode(given["patch"])))


def counted(operation: str, outcome: str) -> float:
    labels = {"operation": operation, "outcome": outcome}
    return REGISTRY.get_sample_value("rayscope_webhook_reviews_total", labels) or 0


async def defaults(_: Key) -> Payload:
    return DEFAULTS


def injected(payload: Payload = DEFAULTS, **arguments: Any) -> dict[str, Any]:
    """A cluster that was injected at its birth."""
    made = cluster(**arguments)
    patched: dict[str, Any] = jsonpatch.apply_patch(made, list(inject(made, payload).patch))
    return patched
