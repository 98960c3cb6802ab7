"""The survey of a cluster: which parts each node group lacks, and what forbids to add them. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rayscope.inject.candidate import Candidate
from rayscope.inject.conflicts import conflict, other_service
from rayscope.inject.parts import PARTS, Part
from rayscope.inject.report import Conflict
from rayscope.model.cluster import groups, service_name
from rayscope.model.manifest import Manifest
from rayscope.model.names import EXPORTER_PORT

_NOT_FOR_SERVICE = Conflict(
    "NotForService", "KubeRay made this cluster for no RayService, and Rayscope serves those alone."
)
_NAME_TAKEN = Conflict("GroupNameTaken", "Another node group has the same name; give each a name of its own.")


@dataclass(frozen=True)
class Finding:
    """A node group: complete if it lacks no part; else either something forbids to complete it, or it can be done."""

    candidate: Candidate
    lacks: tuple[Part, ...] = ()
    conflict: Conflict | None = None

    @property
    def complete(self) -> bool:
        return not self.lacks and self.conflict is None

    @property
    def name(self) -> str:
        return self.candidate.group.name


def survey(cluster: Manifest, port: int = EXPORTER_PORT, image: str | None = None) -> Iterator[Finding]:
    """A finding for each node group, head first, for an exporter on `port` in `image` (None: the Ray container's)."""
    service = service_name(cluster)
    names: set[str] = set()
    for group in groups(cluster):
        candidate = Candidate(group, service or "", port, image)
        if service is None:
            yield Finding(candidate, conflict=_NOT_FOR_SERVICE)
        elif group.name in names:
            yield Finding(candidate, conflict=_NAME_TAKEN)
        else:
            yield _finding(candidate)
        names.add(group.name)


def _finding(candidate: Candidate) -> Finding:
    """A group that has every part has been injected, whatever was edited since, unless for another service."""
    lacks = tuple(part for part in PARTS if part.find(candidate.group.template) is None)
    return Finding(candidate, lacks, conflict(candidate) if lacks else other_service(candidate))
