"""A candidate: one node group as the injection looks at it, with what it would have to carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rayscope.model.cluster import HEAD_GROUP, Group
from rayscope.model.manifest import Manifest, sequence


@dataclass(frozen=True)
class Candidate:
    """A node group, and the few facts of a payload that decide whether it can take the injection."""

    group: Group
    service: str
    port: int
    image: str | None = None
    """The exporter's image, where it is not the Ray container's."""

    @property
    def is_head(self) -> bool:
        return self.group.name == HEAD_GROUP

    @property
    def containers(self) -> Sequence[Manifest]:
        return sequence(self.group.pod, "containers")

    @property
    def ray(self) -> Manifest:
        """The Ray container: the first one, by KubeRay's contract (RayContainerIndex in utils/constant.go)."""
        return self.containers[0]

    def named(self, field: str) -> Iterator[tuple[Manifest, Any]]:
        """Every entry of the list `field` of every container, init containers included, with its container."""
        for container in (*self.containers, *sequence(self.group.pod, "initContainers")):
            for entry in sequence(container, field):
                yield container, entry
