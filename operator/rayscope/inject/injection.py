"""inject: from a RayCluster, as KubeRay made it, to the one patch that makes its pods report.

One patch for head and workers: nothing of ours may ever be seen half done, and KubeRay acts on what it sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rayscope.inject.patch import Additions, Operation, missing_parents
from rayscope.inject.record import GroupRecord, Record, standing_record
from rayscope.inject.report import GroupReport, already, injected, skipped
from rayscope.inject.survey import Finding, survey
from rayscope.model.manifest import Manifest
from rayscope.model.names import PAYLOAD_ANNOTATION
from rayscope.model.payload import Payload

_ANNOTATIONS = ("metadata", "annotations")


@dataclass(frozen=True)
class Injection:
    """A JSON patch (RFC 6902) for a RayCluster, and what it does to each node group. An empty patch: nothing to do."""

    patch: tuple[Operation, ...]
    groups: tuple[GroupReport, ...]


def inject(cluster: Manifest, payload: Payload) -> Injection:
    """Complete every node group of `cluster` that allows it, by additions alone; the others stay as they are.

    A cluster that was injected before goes on with the payload that it was injected with. A cluster of which no group
    can be injected is not touched at all, not even by a record.
    """
    standing = standing_record(cluster)
    payload = standing.payload if standing else payload
    findings = tuple(survey(cluster, payload.port, payload.image))
    operations: list[Operation] = []
    completed: dict[str, GroupRecord] = {}
    for finding in findings:
        if finding.lacks and not finding.conflict:
            additions = _additions(finding, payload)
            operations += additions.operations
            added = tuple(part.name for part in finding.lacks)
            completed[finding.name] = GroupRecord(added=added, created=additions.created)
    if completed or (standing is None and any(finding.complete for finding in findings)):
        operations += _record(cluster, standing, payload, completed)
    return Injection(tuple(operations), tuple(map(_report, findings)))


def _additions(finding: Finding, payload: Payload) -> Additions:
    """All parts that a group lacks."""
    group = finding.candidate.group
    additions = Additions(f"{group.pointer}/template", group.template)
    for part in finding.lacks:
        additions.add(part.place, part.position, part.content(finding.candidate, payload))
    return additions


def _record(
    cluster: Manifest, standing: Record | None, payload: Payload, completed: Mapping[str, GroupRecord]
) -> list[Operation]:
    """The payload annotation, new or brought up to date."""
    fresh = Record(payload=payload, groups={}, created=missing_parents(cluster, _ANNOTATIONS))
    record = (standing or fresh).with_groups(completed)
    additions = Additions("", cluster)
    additions.add(_ANNOTATIONS, PAYLOAD_ANNOTATION, record.model_dump_json())
    return additions.operations


def _report(finding: Finding) -> GroupReport:
    if finding.conflict:
        return skipped(finding.name, finding.conflict)
    return already(finding.name) if finding.complete else injected(finding.name)
