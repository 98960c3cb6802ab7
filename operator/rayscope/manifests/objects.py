"""The RayServices and RayClusters in what people keep in git, and the RayCluster that KubeRay would make of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rayscope.inject import Operation
from rayscope.inject.patch import pointer
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, RAY_ORIGIN_NAME_LABEL

RAY_SERVICE = "RayService"
RAY_CLUSTER = "RayCluster"


@dataclass(frozen=True)
class RayObject:
    """A RayService or RayCluster, and where it is."""

    manifest: Manifest
    document: int
    """Of the stream, from 0."""
    pointer: str = ""
    """JSON pointer inside the document: an item of a List has one."""

    @property
    def kind(self) -> str:
        return str(self.manifest["kind"])

    @property
    def name(self) -> str:
        return str(self._metadata.get("name") or "")

    @property
    def namespace(self) -> str | None:
        return self._metadata.get("namespace")

    @property
    def _metadata(self) -> Manifest:
        """Files may hold what no API server would."""
        metadata = mapping(self.manifest, "metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    @property
    def cluster(self) -> Manifest:
        """The RayCluster as the injection knows it, with what decides about it and nothing else.

        KubeRay copies labels and annotations of a RayService, and adds the pair of labels that names the service
        (rayservice_controller.go, constructRayClusterForRayService). A RayCluster that belongs to no service is
        monitored under its own name.
        """
        metadata = mapping(self.manifest, "metadata")
        service = service_name(self.manifest) or self.name
        made = {RAY_ORIGIN_NAME_LABEL: service, RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND}
        spec = mapping(self.manifest, "spec")
        return {
            "metadata": {**metadata, "labels": {**labels(self.manifest), **made}},
            "spec": mapping(spec, "rayClusterConfig") if self.kind == RAY_SERVICE else spec,
        }

    def placed(self, operation: Operation) -> Operation:
        """An operation on that RayCluster as one on the document."""
        path: str = operation["path"]
        if self.kind == RAY_SERVICE and path.startswith("/spec/"):
            path = "/spec/rayClusterConfig" + path.removeprefix("/spec")
        return {**operation, "path": self.pointer + path}


def ray_objects(documents: Iterable[Any]) -> Iterator[RayObject]:
    """All of them in a stream, those in Lists included."""
    for index, document in enumerate(documents):
        yield from _within(document, index, "")


def _within(value: Any, document: int, where: str) -> Iterator[RayObject]:  # noqa: ANN401 - whatever a file holds
    if not isinstance(value, dict):
        return
    kind, version = value.get("kind"), str(value.get("apiVersion"))
    if kind in {RAY_SERVICE, RAY_CLUSTER} and version.startswith("ray.io/"):
        yield RayObject(value, document, where)
    elif str(kind).endswith("List") and isinstance(value.get("items"), list):
        for number, item in enumerate(value["items"]):
            yield from _within(item, document, pointer(where, "items", number))
