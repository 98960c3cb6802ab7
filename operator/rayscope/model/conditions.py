"""Every reason that a VLLMMonitor's conditions may give: what it means, and what to do next.

The one place for them, which `docs/conditions.md` shows: a reason that is not in this table cannot be told. The words
are stable; people alert on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rayscope.model.status import Condition

Status = Literal["True", "False", "Unknown"]


class Type(StrEnum):
    """The conditions, in the order in which one builds on another."""

    INJECTED = "Injected"
    MONITORED = "Monitored"
    SELECTED = "Selected"
    REPORTING = "Reporting"
    SLOS_VALID = "SLOsValid"
    READY = "Ready"


@dataclass(frozen=True)
class Reason:
    """Why a condition is what it is."""

    type: Type
    word: str
    status: Status
    meaning: str
    step: str = ""
    """What to do next; `{place}` stands for the service, as a command takes it."""
    stands: bool = True
    """Whether it stands in the way of `Ready`, where its status is not True."""


ALL_INJECTED = Reason(
    Type.INJECTED, "AllInjected", "True", "Every node group and pod of the clusters that count carries the exporter."
)
RESTART_REQUIRED = Reason(
    Type.INJECTED,
    "RestartRequired",
    "False",
    "A cluster was made without Rayscope: the label came later, or the webhook was not reached. Ray's own port is "
    "scraped meanwhile.",
    "`rayscope rollout {place}` has KubeRay make a new cluster without downtime; --dry-run tells what it costs.",
)
SKIPPED = Reason(
    Type.INJECTED,
    "Skipped",
    "False",
    "No node group can be injected without changing what somebody else has set.",
    "docs/injection.md tells each reason; change the pod template in the RayService.",
)
PARTLY_INJECTED = Reason(
    Type.INJECTED,
    "PartlyInjected",
    "False",
    "Some node groups or pods carry the exporter, and others do not.",
    "docs/injection.md tells each reason; `rayscope doctor {place}` looks at every pod.",
)
EXPORTER_MISSING = Reason(
    Type.INJECTED,
    "ExporterMissing",
    "False",
    "Pods mount the exporter of another version of Rayscope, which is not published here (any more): new pods idle.",
    "Restore its ConfigMap in Rayscope's namespace, or run `rayscope rollout {place}`.",
)
NO_CLUSTER_YET = Reason(
    Type.INJECTED,
    "NoClusterYet",
    "Unknown",
    "KubeRay has not made a RayCluster for the service yet.",
    "`kubectl describe rayservice {place}` tells what it waits for.",
)
DISABLED = Reason(
    Type.INJECTED,
    "Disabled",
    "False",
    "spec.injection.enabled is false: new clusters carry nothing of Rayscope's, and only Ray's own port is scraped.",
    stands=False,
)

MONITORS_APPLIED = Reason(
    Type.MONITORED, "MonitorsApplied", "True", "Everything that tells a Prometheus about the service is in place."
)
RULES_NOT_INSTALLED = Reason(
    Type.MONITORED,
    "RulesNotInstalled",
    "True",
    "The monitors are in place. PrometheusRule is not installed here, so there are no alerts yet.",
    "Install its CRD, or set spec.rules.enabled: false.",
)
PROMETHEUS_OPERATOR_MISSING = Reason(
    Type.MONITORED,
    "PrometheusOperatorMissing",
    "False",
    "The kind of monitor that is asked for is not installed. Its monitor is made as soon as it is.",
    "Install Prometheus Operator, or just its CRDs: https://prometheus-operator.dev",
)
FORBIDDEN = Reason(
    Type.MONITORED,
    "Forbidden",
    "False",
    "The API server forbids Rayscope to write something that the service needs.",
    "Give Rayscope's ServiceAccount that right (or the namespace that quota); it is tried again every few minutes.",
)
APPLY_FAILED = Reason(
    Type.MONITORED,
    "ApplyFailed",
    "False",
    "The API server refuses something that the service needs, as it is asked for.",
    "Correct the VLLMMonitor's spec.scrape, or what stands in the way by the message.",
)
NAME_TOO_LONG = Reason(
    Type.MONITORED,
    "NameTooLong",
    "False",
    "The service's name has more than 63 characters: it fits into no label, and KubeRay makes no cluster for it.",
    "Create the RayService, and its VLLMMonitor, under a shorter name.",
)

SELECTED = Reason(Type.SELECTED, "Selected", "True", "A Prometheus or PrometheusAgent takes every monitor.")
NOT_SELECTED = Reason(
    Type.SELECTED,
    "NotSelected",
    "False",
    "No Prometheus takes the monitors, by their labels or their namespace.",
    "Set the labels that the message names in spec.scrape.labels, or change the Prometheus' selectors.",
)
AMBIGUOUS_SELECTORS = Reason(
    Type.SELECTED,
    "AmbiguousSelectors",
    "False",
    "Several Prometheuses would take the monitors, each by other labels: Rayscope does not choose.",
    "Choose one by spec.scrape.labels, or for all services by `rayscope operator --monitor-labels`.",
)
NO_PROMETHEUS_VISIBLE = Reason(
    Type.SELECTED,
    "NoPrometheusVisible",
    "Unknown",
    "No Prometheus or PrometheusAgent is visible. What else reads monitors (VictoriaMetrics, Alloy, a managed "
    "Prometheus) may take them.",
    "Nothing, where one of those does; else create a Prometheus.",
    stands=False,
)

ALL_REPORTING = Reason(Type.REPORTING, "AllReporting", "True", "The exporter of every running pod answers.")
SOME_SILENT = Reason(
    Type.REPORTING,
    "SomeSilent",
    "False",
    "Pods were reached, and no exporter answers there.",
    "`rayscope doctor {place}` looks into each; the container's log says why it idles.",
)
SOME_OUT_OF_MEMORY = Reason(
    Type.REPORTING,
    "SomeOutOfMemory",
    "False",
    "An exporter needs more memory than it may have, and its scrapes fail; nothing that was counted is lost.",
    "Too many series: narrow spec.injection.exporter.families in its VLLMMonitor, and roll out.",
)
SOME_FAILING = Reason(
    Type.REPORTING,
    "SomeFailing",
    "False",
    "An exporter cannot show its metrics, by a fault of its own; nothing that was counted is lost.",
    "Its container's log says which; please report it.",
)
UNREACHABLE = Reason(
    Type.REPORTING,
    "Unreachable",
    "Unknown",
    "Rayscope does not reach the pods: a NetworkPolicy or mutual TLS may keep it out. A Prometheus may reach them.",
    "`rayscope doctor {place}` looks through the API server; let Rayscope in to port vllm-metrics to have it here.",
)
WAITING_FOR_PODS = Reason(
    Type.REPORTING,
    "WaitingForPods",
    "Unknown",
    "No pod that carries the exporter runs yet.",
    "`kubectl get pods` in its namespace tells what they wait for.",
)
NOTHING_REPORTS = Reason(
    Type.REPORTING,
    "Disabled",
    "False",
    "spec.injection.enabled is false, and no pod carries the exporter.",
    stands=False,
)

SLOS_MEASURED = Reason(
    Type.SLOS_VALID, "Measured", "True", "Every objective is recorded: its threshold is an edge of what is exported."
)
UNKNOWN_EDGE = Reason(
    Type.SLOS_VALID,
    "UnknownEdge",
    "False",
    "A threshold lies between two buckets of the histogram, so nobody can tell how many were faster: that objective is "
    "left out of the rules.",
    "Choose one of the edges that the message names, or give vLLM other buckets (--custom-histogram-buckets).",
)
WAITING_FOR_REPORT = Reason(
    Type.SLOS_VALID,
    "WaitingForReport",
    "Unknown",
    "No pod has told yet which buckets it exports: until then the objective is left out of the rules.",
    "A model has to be loaded; where Rayscope does not reach the pods (Reporting), let it in.",
)

READY = Reason(Type.READY, "Ready", "True", "All of it holds.")
NOT_LABELLED = Reason(
    Type.READY,
    "NotLabelled",
    "False",
    "The RayService of this name does not have the label, or has another value of it: nothing is monitored.",
    "`kubectl label rayservice {place} rayscope.dev/monitor=vllm`",
)
SERVICE_MISSING = Reason(
    Type.READY,
    "ServiceMissing",
    "False",
    "There is no RayService of this name in this namespace.",
    "Create it, with the label rayscope.dev/monitor: vllm, or delete this VLLMMonitor.",
)

REASONS = (
    *(ALL_INJECTED, RESTART_REQUIRED, SKIPPED, PARTLY_INJECTED, EXPORTER_MISSING, NO_CLUSTER_YET, DISABLED),
    *(MONITORS_APPLIED, RULES_NOT_INSTALLED, PROMETHEUS_OPERATOR_MISSING, FORBIDDEN, APPLY_FAILED, NAME_TOO_LONG),
    *(SELECTED, NOT_SELECTED, AMBIGUOUS_SELECTORS, NO_PROMETHEUS_VISIBLE),
    *(ALL_REPORTING, SOME_SILENT, SOME_OUT_OF_MEMORY, SOME_FAILING, UNREACHABLE, WAITING_FOR_PODS, NOTHING_REPORTS),
    *(SLOS_MEASURED, UNKNOWN_EDGE, WAITING_FOR_REPORT),
    *(READY, NOT_LABELLED, SERVICE_MISSING),
)


@dataclass(frozen=True)
class Verdict:
    """A condition as it is to be told."""

    type: Type
    status: Status
    reason: str
    message: str
    stands: bool = True
    """Whether it stands in the way of `Ready`, where its status is not True."""


def verdict(reason: Reason, place: str, evidence: str = "") -> Verdict:
    """The verdict for a reason. `evidence`: what is the case here, in place of what the reason means in general."""
    message = " ".join(filter(None, (evidence or reason.meaning, reason.step.replace("{place}", place))))
    return Verdict(reason.type, reason.status, reason.word, message, reason.stands)


def ready(verdicts: Sequence[Verdict], place: str) -> Verdict:
    """The verdict over the others: the first that is False, else the first that is Unknown, else Ready."""
    standing = [each for each in verdicts if each.status != "True" and each.stands]
    for status in ("False", "Unknown"):
        for each in standing:
            if each.status == status:
                return Verdict(Type.READY, each.status, each.reason, each.message)
    return verdict(READY, place)


def conditions(
    verdicts: Iterable[Verdict], before: Sequence[Condition], generation: int | None, now: str
) -> Iterator[Condition]:
    """The verdicts as conditions, with the former times where the status is the former one. `now`: RFC 3339."""
    former = {condition.type: condition for condition in before}
    for each in verdicts:
        last = former.get(each.type)
        yield Condition(
            type=each.type,
            status=each.status,
            reason=each.reason,
            message=each.message,
            last_transition_time=last.last_transition_time if last and last.status == each.status else now,
            observed_generation=generation,
        )
