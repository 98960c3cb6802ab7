"""inspect: what a RayCluster, as it is now, carries of an injection, for whoever reports on it. It changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from rayscope.inject.record import Record, standing_record
from rayscope.inject.report import GroupReport, already, missing, skipped
from rayscope.inject.survey import Finding, survey
from rayscope.model.manifest import Manifest
from rayscope.model.names import EXPORTER_PORT
from rayscope.model.payload import Payload


@dataclass(frozen=True)
class Inspection:
    """The payload that a RayCluster was injected with, if it was, and how each node group stands."""

    payload: Payload | None
    groups: tuple[GroupReport, ...]

    @property
    def complete(self) -> bool:
        return all(group.outcome == "already" for group in self.groups)


def noted_payload(cluster: Manifest) -> Payload | None:
    """What a cluster's metadata say that it was injected with: all of it, or what was copied from another cluster's."""
    record = Record.of(cluster)
    return record.payload if record else None


def recorded_payload(cluster: Manifest) -> Payload | None:
    """The payload that `cluster` was injected with; None if it was not."""
    record = standing_record(cluster)
    return record.payload if record else None


def inspect(cluster: Manifest, port: int = EXPORTER_PORT) -> Inspection:
    """Each node group is `already` injected, `skipped` for a conflict, or `missing`: it was made without Rayscope.

    `port` is where the exporter would listen if the cluster was not injected; one that was has its own.
    """
    payload = recorded_payload(cluster)
    findings = survey(cluster, payload.port, payload.image) if payload else survey(cluster, port)
    return Inspection(payload, tuple(map(_report, findings)))


def _report(finding: Finding) -> GroupReport:
    if finding.conflict:
        return skipped(finding.name, finding.conflict)
    return already(finding.name) if finding.complete else missing(finding.name)
