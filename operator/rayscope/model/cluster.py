"""A cluster: a RayCluster that KubeRay made for a service, and its node groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rayscope.model.manifest import Manifest, labels, mapping, sequence
from rayscope.model.names import RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, RAY_ORIGIN_NAME_LABEL

HEAD_GROUP = "headgroup"
"""KubeRay's value of ray.io/group on head pods; no worker group may have that name."""


@dataclass(frozen=True)
class Group:
    """A node group of a cluster: the head, or one worker group."""

    name: str
    pointer: str
    """JSON pointer of the group inside the RayCluster, e.g. `/spec/workerGroupSpecs/0`."""
    manifest: Manifest

    @property
    def template(self) -> Manifest:
        return mapping(self.manifest, "template")

    @property
    def pod(self) -> Manifest:
        """The pod template's `spec`."""
        return mapping(self.manifest, "template", "spec")


def groups(cluster: Manifest) -> Iterator[Group]:
    """The node groups of a RayCluster manifest: the head first, then the workers in their order."""
    spec = mapping(cluster, "spec")
    yield Group(HEAD_GROUP, "/spec/headGroupSpec", mapping(spec, "headGroupSpec"))
    for index, group in enumerate(sequence(spec, "workerGroupSpecs")):
        yield Group(str(group.get("groupName", index)), f"/spec/workerGroupSpecs/{index}", group)


def service_name(cluster: Manifest) -> str | None:
    """The RayService that KubeRay made the cluster for; None where it was made by somebody else.

    KubeRay sets both labels at creation (rayservice_controller.go, constructRayClusterForRayService).
    """
    given = labels(cluster)
    return given.get(RAY_ORIGIN_NAME_LABEL) if given.get(RAY_ORIGIN_KIND_LABEL) == RAY_ORIGIN_KIND else None
