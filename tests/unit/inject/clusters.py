"""RayClusters as KubeRay makes them, small enough to read in a test."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch

from rayscope.inject import Injection, inject, strip
from rayscope.model.payload import Payload

Document = dict[str, Any]

SERVICE = "llama"
PAYLOAD = Payload(exporter="0123456789")

MADE_BY_KUBERAY = {
    "ray.io/originated-from-cr-name": SERVICE,
    "ray.io/originated-from-crd": "RayService",
    "rayscope.dev/monitor": "vllm",
}


def ray(**fields: Any) -> Document:
    """A Ray container."""
    return {"name": "ray", "image": "rayproject/ray:2.52.0", **fields}


def pod(*sidecars: Document, ray_container: Document | None = None, **fields: Any) -> Document:
    """A pod template's spec with the Ray container first."""
    return {"containers": [ray_container or ray(), *sidecars], **fields}


def group(spec: Document | None = None, params: dict[str, str] | None = None, **template: Any) -> Document:
    """A node group with that pod spec, and whatever else its template has."""
    return {"rayStartParams": params or {}, "template": {"spec": spec or pod(), **template}}


def cluster(head: Document | None = None, **workers: Document) -> Document:
    """A RayCluster of the service: a head, and worker groups by name."""
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": f"{SERVICE}-x7k2p", "namespace": "serving", "labels": dict(MADE_BY_KUBERAY)},
        "spec": {
            "headGroupSpec": head or group(),
            "workerGroupSpecs": [{"groupName": name, **worker} for name, worker in workers.items()],
        },
    }


def patched(document: Document, patch: tuple[Document, ...]) -> Document:
    """The document after the patch, as the API server applies it; the document itself stays."""
    result: Document = jsonpatch.apply_patch(copy.deepcopy(document), list(patch))
    return result


def injected(document: Document, payload: Payload = PAYLOAD) -> Document:
    return patched(document, inject(document, payload).patch)


def stripped(document: Document) -> Document:
    return patched(document, strip(document))


def paths(injection: Injection) -> list[str]:
    return [operation["path"] for operation in injection.patch]


def head_template(document: Document) -> Document:
    template: Document = document["spec"]["headGroupSpec"]["template"]
    return template


def exporter(document: Document) -> Document:
    """The head's exporter container."""
    container: Document = head_template(document)["spec"]["containers"][-1]
    assert container["name"] == "rayscope-exporter"
    return container
