"""The account of a service: what was seen of it, of its pods, and of what they answered, as one status. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rayscope.control.asking import Answer
from rayscope.control.facts import Cluster, Denial, Facts, place
from rayscope.control.pods import Pod
from rayscope.control.verdicts import injected, reporting, slos_valid
from rayscope.model.conditions import conditions, ready
from rayscope.model.monitor import Injection
from rayscope.model.rules import Edges, common
from rayscope.model.status import ClusterStatus, Condition, KnownEdges, MonitorStatus, PodCounts, Source, Summary

SEEN = {
    frozenset[Source](): Source.NONE_YET,
    frozenset({Source.MULTIPROCESS}): Source.MULTIPROCESS,
    frozenset({Source.RAY}): Source.RAY,
    frozenset({Source.MULTIPROCESS, Source.RAY}): Source.BOTH,
}
REPORTING = frozenset({Answer.ALIVE, Answer.ENGINE})


@dataclass(frozen=True)
class Seen:
    """What was seen of a service's pods."""

    pods: tuple[Pod, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By uid of the pod."""
    sources: Mapping[str, frozenset[Source]] = field(default_factory=dict)
    """By cluster: where vLLM's metrics were ever seen."""
    edges: Mapping[str, Edges] = field(default_factory=dict)
    """By cluster: the bucket edges of what objectives are about, as reported last."""


def account(facts: Facts, seen: Seen, generation: int, before: MonitorStatus | None, now: str) -> MonitorStatus:
    """The status of a labelled service's VLLMMonitor. `before`: the former one, for its times."""
    told = [
        injected(facts, seen.pods),
        facts.monitored,
        facts.selected,
        reporting(facts, seen.pods, seen.answers),
    ]
    edges = common(seen.edges.values())
    if facts.slos:
        told.append(slos_valid(facts.key, facts.slos, edges))
    told.append(ready(told, place(facts.key)))
    clusters = tuple(_cluster(cluster, facts.wanted, seen) for cluster in facts.clusters)
    return MonitorStatus(
        observed_generation=generation,
        source=source(seen.sources.values()),
        clusters=clusters,
        conditions=tuple(conditions(told, _conditions(before), generation, now)),
        summary=_summary([cluster.pods for cluster in clusters]),
        edges=KnownEdges.of(edges) if facts.slos else None,
    )


def denial(denied: Denial, before: MonitorStatus | None, now: str) -> MonitorStatus:
    """The status where there is nothing to be monitored."""
    generation = denied.monitor.generation
    told = tuple(conditions([denied.ready], _conditions(before), generation, now))
    return MonitorStatus(observed_generation=generation, conditions=told, summary=Summary())


def source(sources: Iterable[Collection[Source]]) -> Source:
    """One word for where the metrics of several clusters were seen."""
    return SEEN[frozenset(each for some in sources for each in some)]


def _conditions(status: MonitorStatus | None) -> Sequence[Condition]:
    return status.conditions if status else ()


def _cluster(cluster: Cluster, wanted: Injection, seen: Seen) -> ClusterStatus:
    pods = [pod for pod in seen.pods if pod.cluster == cluster.name]
    injected_ones = [pod for pod in pods if pod.injected]
    counts = PodCounts(
        total=len(pods),
        injected=len(injected_ones),
        reporting=sum(seen.answers.get(pod.uid) in REPORTING for pod in injected_ones),
        outdated=len(injected_ones) if cluster.outdated(wanted) else 0,
    )
    return ClusterStatus(name=cluster.name, role=cluster.role, pods=counts)


def _summary(counts: Iterable[PodCounts]) -> Summary:
    every = list(counts)
    total, carrying = sum(each.total for each in every), sum(each.injected for each in every)
    return Summary(injected=f"{carrying}/{total}", reporting=f"{sum(each.reporting for each in every)}/{carrying}")
