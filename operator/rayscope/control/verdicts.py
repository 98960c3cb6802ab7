"""What is true of a service, in the words of `model.conditions`: from what was seen to a verdict. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from rayscope.control.asking import Answer
from rayscope.control.children import Ref
from rayscope.control.facts import Cluster, Facts, place
from rayscope.control.pods import Pod
from rayscope.kube.errors import ApiError, Forbidden
from rayscope.kube.kinds import Kind
from rayscope.model import conditions as reasons
from rayscope.model.conditions import Reason, Verdict, verdict
from rayscope.model.names import MONITOR_LABEL
from rayscope.model.rules import Edges, Indicator, Objective, SLOs, valid
from rayscope.model.selection import Selection
from rayscope.model.service import Key, Service

SHOWN = 3


def monitored(
    key: Key,
    monitors: Iterable[Ref],
    rules: Iterable[Ref],
    failures: Mapping[Ref, ApiError],
    missing: Container[Kind],
) -> Verdict:
    """`monitors`, `rules`: those that are asked for. `failures`: what was refused. `missing`: kinds that are."""
    at = place(key)
    if failures:
        ref, failure = next(iter(failures.items()))
        reason = reasons.FORBIDDEN if isinstance(failure, Forbidden) else reasons.APPLY_FAILED
        return verdict(reason, at, f"{ref} is refused: {failure.message}.")
    refs = list(monitors)
    if not refs:
        return verdict(reasons.NAME_TOO_LONG, at)
    if gone := [ref.kind.kind for ref in refs if ref.kind in missing]:
        return verdict(
            reasons.PROMETHEUS_OPERATOR_MISSING, at, f"{gone[0]} is not installed here; it is made as soon as it is."
        )
    placed = f"{', '.join(map(_short, refs))} is in place."
    if any(ref.kind in missing for ref in rules):
        return verdict(reasons.RULES_NOT_INSTALLED, at, f"{placed} PrometheusRule is not installed: no alerts yet.")
    return verdict(reasons.MONITORS_APPLIED, at, placed)


def selected(monitored_: Verdict, found: Selection | None, key: Key, rules_left: str = "") -> Verdict:
    """`found`: whether the monitors are taken; None where there are none. `rules_left`: why the rules are not."""
    at = place(key)
    if found is None or (monitored_.status != "True" and found.status == "True"):
        return verdict(reasons.NOT_SELECTED, at, "There is no monitor yet that a Prometheus could take.")
    reason = next(
        each for each in reasons.REASONS if (each.type, each.word) == (reasons.Type.SELECTED, found.reason.value)
    )
    message = f"{found.message} {rules_left}".rstrip()
    return Verdict(reason.type, found.status, reason.word, message, reason.stands)


def injected(facts: Facts, pods: Sequence[Pod]) -> Verdict:
    """Whether what serves, or is to serve, carries the exporter."""
    at, counting = place(facts.key), facts.counting
    if not facts.wanted.enabled:
        return verdict(reasons.DISABLED, at)
    if not counting:
        return verdict(reasons.NO_CLUSTER_YET, at)
    if facts.in_vain:
        evidence = f"Pods mount exporter {', '.join(facts.in_vain)}, which is nowhere to be found: new pods idle."
        return verdict(reasons.EXPORTER_MISSING, at, evidence)
    if left := _groups(counting, "missing"):
        evidence = f"Made without Rayscope (the label came later, or the webhook was not reached): {_listed(left)}."
        return verdict(reasons.RESTART_REQUIRED, at, evidence)
    if conflicts := _groups(counting, "skipped", told=True):
        whole = not _groups(counting, "already")
        return verdict(reasons.SKIPPED if whole else reasons.PARTLY_INJECTED, at, f"{_listed(conflicts)}.")
    return _carried(counting, pods, at)


def reporting(facts: Facts, pods: Sequence[Pod], answers: Mapping[str, Answer]) -> Verdict:
    """Whether the exporters answer; `answers` by uid of the pod, as far as they were asked."""
    at = place(facts.key)
    carrying = [pod for pod in pods if pod.injected]
    if not carrying and not facts.wanted.enabled:
        return verdict(reasons.NOTHING_REPORTS, at)
    heard = [answers[pod.uid] for pod in carrying if pod.address and pod.uid in answers]
    if not heard:
        return verdict(reasons.WAITING_FOR_PODS, at)
    reason, count = _heard(heard)
    return verdict(reason, at, f"{count} of {len(heard)} running pods: {_WORDS[reason.word]}.")


def slos_valid(key: Key, slos: SLOs, edges: Edges) -> Verdict:
    """Whether every objective can be measured, by the edges that the service's pods report."""
    at = place(key)
    measured = dict(valid(slos, edges))
    open_ = [(each, objective) for each, objective in slos if each not in measured]
    if wrong := [_beside(each, objective, edges[each]) for each, objective in open_ if edges.get(each)]:
        return verdict(reasons.UNKNOWN_EDGE, at, " ".join(wrong))
    if open_:
        waiting = ", ".join(str(each) for each, _ in open_)
        return verdict(reasons.WAITING_FOR_REPORT, at, f"No pod has told yet which buckets it has for {waiting}.")
    return verdict(reasons.SLOS_MEASURED, at)


def not_labelled(service: Service) -> Verdict:
    value = "is not there" if service.label is None else f"has the value {service.label!r}"
    evidence = f"The label {MONITOR_LABEL} {value} on the RayService, so nothing is monitored."
    return verdict(reasons.NOT_LABELLED, place(service.key), evidence)


def service_missing(key: Key) -> Verdict:
    return verdict(reasons.SERVICE_MISSING, place(key), f"There is no RayService {key}.")


_WORDS = {
    reasons.ALL_REPORTING.word: "their exporter answers",
    reasons.SOME_SILENT.word: "reached, and no exporter answers",
    reasons.SOME_OUT_OF_MEMORY.word: "their exporter has reached its memory limit, and shows nothing",
    reasons.SOME_FAILING.word: "their exporter cannot show its metrics, and its log says why",
    reasons.UNREACHABLE.word: "not reached from here, by a NetworkPolicy or mutual TLS perhaps",
}


_TROUBLES = (
    (Answer.NONE, reasons.SOME_SILENT),
    (Answer.OUT_OF_MEMORY, reasons.SOME_OUT_OF_MEMORY),
    (Answer.FAILING, reasons.SOME_FAILING),
    (Answer.UNREACHABLE, reasons.UNREACHABLE),
)
"""The worst first."""


def _beside(indicator: Indicator, objective: Objective, edges: Iterable[float]) -> str:
    known = ", ".join(f"{edge:.15g}" for edge in sorted(edges))
    return f"{indicator}: {objective.threshold} is no edge; there are, in seconds, {known}."


def _heard(answers: Sequence[Answer]) -> tuple[Reason, int]:
    for answer, reason in _TROUBLES:
        if count := answers.count(answer):
            return reason, count
    return reasons.ALL_REPORTING, len(answers)


def _carried(counting: Sequence[Cluster], pods: Sequence[Pod], at: str) -> Verdict:
    names = [cluster.name for cluster in counting]
    own = [pod for pod in pods if pod.cluster in names]
    if bare := sum(not pod.injected for pod in own):
        evidence = f"{bare} of {len(own)} pods carry no exporter, although their cluster does."
        return verdict(reasons.PARTLY_INJECTED, at, evidence)
    return verdict(reasons.ALL_INJECTED, at, f"Injected in every node group: {', '.join(names)}.")


def _groups(counting: Iterable[Cluster], outcome: str, *, told: bool = False) -> list[str]:
    return [
        f"group {report.group} of RayCluster {cluster.name}" + (f" ({report.reason}: {report.message})" if told else "")
        for cluster in counting
        for report in cluster.groups
        if report.outcome == outcome
    ]


def _listed(things: Sequence[str]) -> str:
    more = f", and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return ", ".join(things[:SHOWN]) + more


def _short(ref: Ref) -> str:
    return f"{ref.kind.kind} {ref.name}"
