"""JSON patch (RFC 6902) that only adds: at the end of a list, or a key to an object, with whatever parents are missing.

Kubernetes treats an absent and a null field alike, JSON patch does not: it can add to neither. So a parent that is
missing is created together with its content, and how it was missing is told, for the way back.
"""

from __future__ import annotations

from typing import Any, Literal

from rayscope.model.manifest import Manifest

Json = Any
"""A value of a JSON document."""

Operation = dict[str, Json]
"""One operation, ready for `json.dumps`."""

Place = tuple[str | int, ...]
"""The way from some root to a list or object: keys, and indexes of lists."""

Was = Literal["absent", "null"]
"""What a created parent was before."""

END = "-"
"""RFC 6901: the position after a list's last element."""


def pointer(base: str, *tokens: str | int) -> str:
    """`base`, itself a JSON pointer, extended by `tokens`, which are escaped (RFC 6901 §3)."""
    return "".join([base, *("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)])


def written(place: Place) -> str:
    """A place as records name it, e.g. `spec/containers/0/env`."""
    return "/".join(map(str, place))


def value_at(root: Manifest, place: Place) -> Json:
    """What stands at `place` below `root`; None where that, or something on the way, is absent or null."""
    node: Json = root
    for token in place:
        if node is None:
            return None
        node = node.get(token) if isinstance(token, str) else next(iter(node[token : token + 1]), None)
    return node


def missing_parents(root: Manifest, place: Place) -> dict[str, Was]:
    """What must be created so that something can be added at `place`, from the outside in."""
    missing: dict[str, Was] = {}
    for end in range(1, len(place) + 1):
        if value_at(root, place[:end]) is None:
            is_null = place[end - 1] in (value_at(root, place[: end - 1]) or ())
            missing[written(place[:end])] = "null" if is_null else "absent"
    return missing


class Additions:
    """Operations that add below one root, in their order, and the parents that they create."""

    def __init__(self, base: str, root: Manifest) -> None:
        """`base` is the JSON pointer of `root` in the document that is patched."""
        self.operations: list[Operation] = []
        self.created: dict[str, Was] = {}
        self._base = base
        self._root = root

    def add(self, place: Place, key: str, value: Json) -> None:
        """Put `value` under `key` (END: last) into the list or object at `place`."""
        missing = {path: was for path, was in missing_parents(self._root, place).items() if path not in self.created}
        path = (*place, key)
        there = len(path) - len(missing)
        for token in reversed(path[there:]):
            value = [value] if token == END else {token: value}
        self.operations.append({"op": "add", "path": pointer(self._base, *path[:there]), "value": value})
        self.created.update(missing)
