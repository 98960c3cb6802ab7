"""What the owner of a service must know: decided here, purely, from the service and its clusters.

A notice says what is the case and what to do next. It is not a log: the same state gives the same notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rayscope.control.facts import Cluster
from rayscope.inject import GroupReport
from rayscope.model.manifest import mapping
from rayscope.model.monitor import Injection
from rayscope.model.names import EXPORTER_FILE, MONITOR_LABEL, MONITOR_VALUE, MULTIPROC_VARIABLE, exporter_config_map
from rayscope.model.serve import overriding
from rayscope.model.service import Service

Type = Literal["Normal", "Warning"]


@dataclass(frozen=True)
class Notice:
    """One thing to tell, as an Event on the RayService tells it."""

    type: Type
    reason: str
    message: str


def notices(
    service: Service, wanted: Injection, clusters: Iterable[Cluster], missing_exporters: Iterable[str]
) -> Iterator[Notice]:
    """All that there is to tell about a service. `missing_exporters`: digests that its clusters mount in vain."""
    if not service.wanted:
        yield from _invalid_label(service)
        return
    for cluster in clusters:
        if wanted.enabled:
            yield from _injection(service, cluster)
    for digest in sorted(missing_exporters):
        yield _exporter_missing(service, digest)
    yield from _runtime_env(service)


def _invalid_label(service: Service) -> Iterator[Notice]:
    if service.label is not None and service.label != MONITOR_VALUE:
        yield Notice(
            "Warning",
            "InvalidLabel",
            f"The label {MONITOR_LABEL} has the value {service.label!r}, so nothing is monitored. "
            f"The only value is {MONITOR_VALUE!r}.",
        )


def _injection(service: Service, cluster: Cluster) -> Iterator[Notice]:
    name, reports = cluster.name, cluster.groups
    if done := _named(reports, "already"):
        yield Notice("Normal", "Injected", f"RayCluster {name} is monitored in: {', '.join(done)}.")
    for report in reports:
        if report.outcome == "skipped":
            yield _skipped(name, report)
    if left := _named(reports, "missing"):
        yield _restart_required(service, name, left)


def _named(reports: Sequence[GroupReport], outcome: str) -> list[str]:
    return [report.group for report in reports if report.outcome == outcome]


def _skipped(cluster: str, report: GroupReport) -> Notice:
    return Notice(
        "Warning", "Skipped", f"Group {report.group} of RayCluster {cluster}: {report.reason}: {report.message}"
    )


def _restart_required(service: Service, cluster: str, groups: Sequence[str]) -> Notice:
    return Notice(
        "Warning",
        "RestartRequired",
        f"RayCluster {cluster} was made without Rayscope (the label came later, or the webhook was not reached) in: "
        f"{', '.join(groups)}. Until there is a new one, Ray's own metrics port is scraped. `{_rollout(service)}` has "
        "KubeRay make a new one without downtime, as any change of spec.rayClusterConfig does; both clusters, GPUs "
        "included, run side by side for a while.",
    )


def _exporter_missing(service: Service, digest: str) -> Notice:
    return Notice(
        "Warning",
        "ExporterMissing",
        f"Pods mount exporter {digest} of another version of Rayscope, and ConfigMap {exporter_config_map(digest)} is "
        f"not in Rayscope's namespace: new pods are not monitored. Restore it ({EXPORTER_FILE}), or run "
        f"`{_rollout(service)}`.",
    )


def _rollout(service: Service) -> str:
    """The command that gives a service a new cluster."""
    return f"rayscope rollout {service.key.name} -n {service.key.namespace}"


def _runtime_env(service: Service) -> Iterator[Notice]:
    names = overriding(mapping(service.manifest, "spec").get("serveConfigV2"))
    if names:
        yield Notice(
            "Warning",
            "RuntimeEnvOverrides",
            f"serveConfigV2 sets {MULTIPROC_VARIABLE} in a runtime_env ({', '.join(names)}): those processes write "
            "where Rayscope does not look. Remove it from there.",
        )
