"""The record of an injection into a manifest: that of a cluster, and whether the opt-in label came with it.

KubeRay copies it with the other annotations to each RayCluster that it makes, where it tells the webhook that
everything is done. The webhook reads what it knows of it, and leaves the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rayscope.inject import Operation
from rayscope.inject.patch import Additions, missing_parents
from rayscope.inject.record import Record
from rayscope.inject.stripping import Removals
from rayscope.model.manifest import Manifest, labels, mapping
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, PAYLOAD_ANNOTATION

_LABELS = ("metadata", "labels")
_ANNOTATIONS = ("metadata", "annotations")
_ANNOTATION = "/metadata/annotations"


class ManifestRecord(Record):
    """The annotation's value."""

    labelled: bool = False
    """Whether the injection has set the opt-in label; its parent is in `created` if it was missing."""


def labelling(manifest: Manifest) -> list[Operation]:
    """The opt-in label for a manifest that has none."""
    additions = Additions("", manifest)
    if MONITOR_LABEL not in labels(manifest):
        additions.add(_LABELS, MONITOR_LABEL, MONITOR_VALUE)
    return additions.operations


def recorded(manifest: Manifest, injected: Manifest, label: Sequence[Operation]) -> list[Operation]:
    """The record for a manifest whose RayCluster is now `injected`, and that gets a `label`; nothing if it stands."""
    record = ManifestRecord.model_validate(Record.of(injected), from_attributes=True)
    before = ManifestRecord.of(manifest)
    labelled = bool(label) or bool(before and before.labelled)
    created = {**(before.created if before else record.created)}
    if label:
        created |= missing_parents(manifest, _LABELS)
    written = record.model_copy(update={"labelled": labelled, "created": created}).model_dump_json()
    if mapping(manifest, "metadata", "annotations").get(PAYLOAD_ANNOTATION) == written:
        return []
    additions = Additions("", manifest)
    additions.add(_ANNOTATIONS, PAYLOAD_ANNOTATION, written)
    return additions.operations


def without_record(operations: Iterable[Operation]) -> list[Operation]:
    """A cluster's patch less what it does to the annotations."""
    return [operation for operation in operations if not operation["path"].startswith(_ANNOTATION)]


def unrecorded(manifest: Manifest) -> list[Operation]:
    """Operations that take label and record away again."""
    record = ManifestRecord.of(manifest)
    if record is None:
        return []
    removals = Removals("", manifest)
    if record.labelled and labels(manifest).get(MONITOR_LABEL) == MONITOR_VALUE:
        removals.remove(_LABELS, MONITOR_LABEL)
    removals.remove(_ANNOTATIONS, PAYLOAD_ANNOTATION)
    removals.prune(record.created)
    return removals.operations
