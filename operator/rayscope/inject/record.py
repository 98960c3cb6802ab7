"""The record of an injection, kept on the cluster itself: the payload, and how to take everything out again.

Frozen with the cluster: a later version of Rayscope goes on with what an earlier one began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from rayscope.inject.parts import is_exporter
from rayscope.inject.patch import Was
from rayscope.model.cluster import groups
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import PAYLOAD_ANNOTATION
from rayscope.model.payload import Payload


class GroupRecord(BaseModel):
    """What was added to one node group. A part that the user had there already is not in it."""

    model_config = ConfigDict(frozen=True)

    added: tuple[str, ...]
    """Names of parts; a later version may have others than PARTS, and what is injected stays injected all the same."""
    created: Mapping[str, Was]
    """Parents that were missing, by place below the group's `template`."""

    def followed_by(self, later: GroupRecord) -> GroupRecord:
        """This record, and a completion of the same group after it."""
        added = dict.fromkeys((*self.added, *later.added))
        return GroupRecord(added=tuple(added), created={**self.created, **later.created})


class Record(BaseModel):
    """The payload annotation's value."""

    model_config = ConfigDict(frozen=True)

    payload: Payload
    groups: Mapping[str, GroupRecord]
    created: Mapping[str, Was] = {}
    """Parents of the annotation that were missing, by place below the cluster."""

    @classmethod
    def of(cls, cluster: Manifest) -> Self | None:
        """The record on a RayCluster; None where there is none, or where somebody has made it unreadable."""
        try:
            return cls.model_validate_json(mapping(cluster, "metadata", "annotations").get(PAYLOAD_ANNOTATION) or "")
        except ValidationError:
            return None

    def with_groups(self, later: Mapping[str, GroupRecord]) -> Record:
        """This record after an injection of groups that it did not have, or did not have completely."""
        merged = {name: self.groups[name].followed_by(it) if name in self.groups else it for name, it in later.items()}
        return self.model_copy(update={"groups": {**self.groups, **merged}})


def standing_record(cluster: Manifest) -> Record | None:
    """The record of a cluster that carries an exporter somewhere.

    Annotations are copied from a RayService to its clusters, so a record alone may be another cluster's.
    """
    record = Record.of(cluster)
    containers = (container for group in groups(cluster) for container in sequence(group.pod, "containers"))
    return record if record and any(map(is_exporter, containers)) else None
