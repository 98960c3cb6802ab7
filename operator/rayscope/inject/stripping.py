"""strip: the patch that takes out of a RayCluster what an injection put in, and nothing else.

What the user had before, or has changed since, stays. Parents that the injection created go once they are empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rayscope.inject.parts import PARTS
from rayscope.inject.patch import Operation, Place, Was, pointer, value_at, written
from rayscope.inject.record import GroupRecord, Record
from rayscope.model.cluster import Group, groups
from rayscope.model.manifest import Manifest
from rayscope.model.names import PAYLOAD_ANNOTATION

_ANNOTATIONS = ("metadata", "annotations")


def strip(cluster: Manifest) -> tuple[Operation, ...]:
    """A JSON patch such that strip after inject gives every RayCluster back; empty where nothing is recorded."""
    record = Record.of(cluster)
    if record is None:
        return ()
    operations: list[Operation] = []
    seen: set[str] = set()
    for group in groups(cluster):
        if group.name in record.groups and group.name not in seen:
            operations += _strip_group(group, record.groups[group.name])
        seen.add(group.name)
    removals = Removals("", cluster)
    removals.remove(_ANNOTATIONS, PAYLOAD_ANNOTATION)
    removals.prune(record.created)
    return (*operations, *removals.operations)


def _strip_group(group: Group, record: GroupRecord) -> list[Operation]:
    """From last to first, so that no removal moves what a later one points to."""
    removals = Removals(f"{group.pointer}/template", group.template)
    for part in reversed(PARTS):
        position = part.find(group.template) if part.name in record.added else None
        if position is not None:
            removals.remove(part.place, position)
    removals.prune(record.created)
    return removals.operations


class Removals:
    """Operations that remove below one root, and how much they leave of each list and object."""

    def __init__(self, base: str, root: Manifest) -> None:
        """`base` is the JSON pointer of `root` in the document that is patched."""
        self.operations: list[Operation] = []
        self._base = base
        self._root = root
        self._removed: Counter[str] = Counter()

    def remove(self, place: Place, key: str | int) -> None:
        self.operations.append({"op": "remove", "path": pointer(self._base, *place, key)})
        self._removed[written(place)] += 1

    def prune(self, created: Mapping[str, Was]) -> None:
        """Give parents that were `created` back as they were, from the inside out, if nobody has put anything in."""
        for path, was in sorted(created.items(), key=lambda item: -item[0].count("/")):
            *parents, last = (int(token) if token.isdecimal() else token for token in path.split("/"))
            content = value_at(self._root, (*parents, last))
            if content is None or len(content) > self._removed[path]:
                continue
            if was == "absent":
                self.remove(tuple(parents), last)
            else:
                self.operations.append({"op": "replace", "path": pointer(self._base, *parents, last), "value": None})
