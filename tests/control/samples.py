"""KubeRay's own samples, as the inputs of stories: every RayService that it ships."""

import copy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]


SERVED = frozenset({"v1", "apps/v1", "ray.io/v1"})
"""API groups that the plane serves; a Gateway that comes with a sample is left out."""


def documents(path: Path) -> list[Document]:
    return [
        document for document in yaml.safe_load_all(path.read_text()) if document and document["apiVersion"] in SERVED
    ]


def services(samples: Path) -> dict[str, list[Document]]:
    """Every sample with a RayService, by its short name, which the RayService then has too.

    All documents of the file come along: Secrets, ConfigMaps and Services belong to it.
    """
    found = {short(path): documents(path) for path in sorted(samples.rglob("ray-service.*.yaml"))}
    return {name: [named(document, name) for document in all_of] for name, all_of in found.items()}


def short(path: Path) -> str:
    return path.name.removeprefix("ray-service.").removesuffix(".yaml")


def is_service(document: Document) -> bool:
    return bool(document["kind"] == "RayService")


def named(document: Document, name: str) -> Document:
    """The sample's RayService under the sample's own name: several of KubeRay's share one."""
    return document | {"metadata": document["metadata"] | {"name": name}} if is_service(document) else document


def placed(document: Document, namespace: str, **labels: str) -> Document:
    """A copy of the document in a namespace, with labels besides its own."""
    copied = copy.deepcopy(document)
    copied["metadata"]["namespace"] = namespace
    if labels:
        copied["metadata"]["labels"] = {**(copied["metadata"].get("labels") or {}), **labels}
    return copied
