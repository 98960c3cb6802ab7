"""What is to be done to a manifest: the injection or its opposite as a JSON patch, and what becomes of each group.

The one decision that is not the webhook's: naming a file is the opt-in, so the label is added where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import jsonpatch

from rayscope.inject import GroupReport, Operation, inject, strip
from rayscope.inject.patch import value_at
from rayscope.manifests.addressing import tokens
from rayscope.manifests.objects import RayObject
from rayscope.manifests.record import labelling, recorded, unrecorded, without_record
from rayscope.model.manifest import Manifest, labels
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from rayscope.model.payload import Payload

Outcome = Literal["injected", "already", "skipped", "stripped", "clean", "unsupported"]
"""`clean`: there was nothing to strip; `unsupported`: it would have to be written anew to be changed."""


@dataclass(frozen=True)
class Change:
    """What is done to one manifest."""

    outcome: Outcome
    message: str = ""
    groups: tuple[GroupReport, ...] = ()
    operations: tuple[Operation, ...] = ()
    """On the document that holds the manifest."""
    line: int | None = None
    """The line that stands in the way, if one does."""


Changing = Callable[[RayObject], Change]


def injecting(payload: Callable[[RayObject], Payload | None]) -> Changing:
    """Inject what `payload` names for a service; None where its owner does not want it."""

    def change(found: RayObject) -> Change:
        given = labels(found.manifest).get(MONITOR_LABEL, MONITOR_VALUE)
        if not found.name:
            return Change("skipped", "It has no metadata.name, with which its pods are labelled; name it.")
        if given != MONITOR_VALUE:
            return Change("skipped", f"Its label {MONITOR_LABEL} says {given!r}; set {MONITOR_VALUE}, or remove it.")
        wanted = payload(found)
        if wanted is None:
            return Change("skipped", "Its VLLMMonitor says spec.injection.enabled: false.")
        return _injected(found, wanted)

    return change


def _injected(found: RayObject, payload: Payload) -> Change:
    cluster = found.cluster
    injection = inject(cluster, payload)
    if all(group.outcome == "skipped" for group in injection.groups):
        return Change("skipped", "No node group can be injected.", injection.groups)
    label = labelling(found.manifest)
    after = jsonpatch.apply_patch(cluster, list(injection.patch))
    record = recorded(found.manifest, after, label)
    operations = [*map(found.placed, without_record(injection.patch)), *map(found.placed, [*label, *record])]
    return Change("injected" if operations else "already", "", injection.groups, tuple(operations))


def stripping(found: RayObject) -> Change:
    """Take out what `injecting` has put in."""
    spec = [operation for operation in strip(found.cluster) if operation["path"].startswith("/spec/")]
    operations = [*spec, *unrecorded(found.manifest)]
    if not operations:
        return Change("clean")
    return Change("stripped", operations=tuple(map(found.placed, operations)))


def expected(document: Any, change: Change) -> Any:  # noqa: ANN401 - a document
    """The document after a change; it shares nothing with what it was, nor one part of it with another."""
    return jsonpatch.apply_patch(unshared(document), list(change.operations), in_place=True)


def comparable(document: Any, change: Change) -> Any:  # noqa: ANN401 - a document
    """A changed document, with null for what a removal has emptied: `key:` in a text, and the same to Kubernetes."""
    result = unshared(document)
    for operation in change.operations:
        if operation["op"] == "remove":
            _nothing_as_null(result, tokens(operation["path"])[:-1])
    return result


def unshared(value: Any) -> Any:  # noqa: ANN401 - a document
    """A copy in which what was one object under two aliases is two."""
    if isinstance(value, dict):
        return {key: unshared(item) for key, item in value.items()}
    return [unshared(item) for item in value] if isinstance(value, list) else value


def _nothing_as_null(document: Manifest, place: tuple[str, ...]) -> None:
    *parents, last = (int(token) if token.isdecimal() else token for token in place)
    parent = value_at(document, tuple(parents))
    if isinstance(last, str) and isinstance(parent, dict) and parent.get(last) in ([], {}):
        parent[last] = None
