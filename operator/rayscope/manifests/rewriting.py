"""A text from git to the text that git gets: every manifest in it changed, and every other byte as it was.

Each change is proved before it counts: the new text, read again, must be the old objects with exactly that change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from rayscope.manifests.addressing import Addressed
from rayscope.manifests.changes import Change, Changing, comparable, expected
from rayscope.manifests.edits import Edit, NotEditable, applied, merged
from rayscope.manifests.json_text import is_json, writer
from rayscope.manifests.objects import RayObject, ray_objects
from rayscope.manifests.source import Source, documents

_ENTANGLED = (
    "The change would reach further than it should: a part of it is shared with another place (anchor, alias, merge "
    "key), or has been joined with something else since; write it out."
)
_MENTIONED = re.compile(r"Ray(Service|Cluster)")


class Unreadable(ValueError):  # noqa: N818 - what is told to users
    """The text is no YAML; the message says where."""


@dataclass(frozen=True)
class Report:
    """One manifest, and what became of it."""

    line: int
    """Where it begins, or what cannot be edited of it."""
    kind: str
    namespace: str | None
    name: str
    change: Change


@dataclass(frozen=True)
class Rewritten:
    """The new text, and how it came about."""

    text: str
    reports: tuple[Report, ...] = ()
    edits: tuple[Edit, ...] = ()
    """Of the old text, in its order; none where the new one was written as a whole (JSON)."""


def rewritten(text: str, changing: Changing) -> Rewritten:
    """The text with every RayService and RayCluster changed; Unreadable where it cannot be read.

    What mentions neither is not even parsed: a directory may hold templates, which are no YAML yet.
    """
    if not _MENTIONED.search(text):
        return Rewritten(text)
    try:
        return _json(text, changing) if is_json(text) else _yaml(text, changing)
    except yaml.YAMLError as trouble:
        raise Unreadable(" ".join(str(trouble).split())) from trouble
    except RecursionError as trouble:
        raise Unreadable("It is nested too deeply.") from trouble


def _yaml(text: str, changing: Changing) -> Rewritten:
    before = documents(text)
    found = list(ray_objects(before))
    if not found:
        return Rewritten(text)
    source = Source(text)
    edits: list[Edit] = []
    reports = []
    for one in found:
        change, changed = _edited(source, before, one, changing)
        edits += changed
        node = Addressed(source, source.roots[one.document]).node(tuple(one.pointer.split("/")[1:]))
        reports.append(_report(source.line(node.start_mark.index), one, change))
    return Rewritten(applied(text, edits), tuple(reports), tuple(merged(edits, text)))


def _edited(source: Source, before: Sequence[Any], found: RayObject, changing: Changing) -> tuple[Change, list[Edit]]:
    """A change, and the edits that make it; no edits, and why, where they cannot."""
    change = _change(found, changing)
    if not change.operations:
        return change, []
    try:
        edits = list(_edits(source, found, change))
    except NotEditable as trouble:
        return replace(_unsupported(change, str(trouble)), line=source.line(trouble.index)), []
    if not _proved(applied(source.text, edits), before, found.document, change):
        return _unsupported(change, _ENTANGLED), []
    return replace(change, message=_longer(source, edits)), edits


def _longer(source: Source, edits: Iterable[Edit]) -> str:
    """The only lines of somebody else's that an addition changes; to be told, as git will show them."""
    lines = [source.line(edit.start) for edit in edits if edit.start == edit.end and "\n" not in edit.text]
    return "".join(
        f"Line {line} becomes longer: an empty list or object there gets content. " for line in lines
    ).rstrip()


def _edits(source: Source, found: RayObject, change: Change) -> Iterator[Edit]:
    addressed = Addressed(source, source.roots[found.document])
    if change.outcome == "stripped":
        yield from addressed.removing(change.operations)
    else:
        yield from addressed.adding(change.operations)


def _proved(text: str, before: Sequence[Any], document: int, change: Change) -> bool:
    """Whether the new text says what the old one said, with the change in that document, and nothing else."""
    try:
        after = documents(text)
    except yaml.YAMLError:
        return False
    if len(after) != len(before):
        return False
    wanted = comparable(expected(before[document], change), change)
    others = all(after[index] == before[index] for index in range(len(before)) if index != document)
    return others and bool(comparable(after[document], change) == wanted)


def _json(text: str, changing: Changing) -> Rewritten:
    document, write = json.loads(text), writer(text)
    reports = []
    for found in ray_objects([document]):
        change = _change(found, changing)
        if change.operations and write is None:
            change = _unsupported(change, "It is JSON, laid out by hand; format it with a tool (jq), or write YAML.")
        elif change.operations:
            document = expected(document, change)
        reports.append(_report(1, found, change))
    changed = write is not None and any(report.change.operations for report in reports)
    return Rewritten(write(document) if write and changed else text, tuple(reports))


def _change(found: RayObject, changing: Changing) -> Change:
    try:
        return changing(found)
    except (AttributeError, KeyError, TypeError):
        return Change("unsupported", f"It is no valid {found.kind}: some object in it is a list or a text.")


def _unsupported(change: Change, message: str) -> Change:
    return replace(change, outcome="unsupported", message=message, operations=())


def _report(line: int, found: RayObject, change: Change) -> Report:
    return Report(change.line or line, found.kind, found.namespace, found.name, change)
