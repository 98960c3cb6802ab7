"""Whether a Prometheus takes a service's monitors, and which labels would make one take them.

Decided from what Prometheus Operator's objects demand, as they are read: nothing here asks a Prometheus whether it
really scrapes. What cannot be seen (VictoriaMetrics, Alloy, a managed Prometheus) is unknown, never a failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from rayscope.model.manifest import Manifest
from rayscope.model.prometheus import Prometheus

SHOWN = 3
"""So many Prometheuses are named in a message; a fleet of them would say the same over and over."""


class Reason(StrEnum):
    """Why the condition `Selected` is what it is."""

    SELECTED = "Selected"
    NOT_SELECTED = "NotSelected"
    AMBIGUOUS_SELECTORS = "AmbiguousSelectors"
    NO_PROMETHEUS_VISIBLE = "NoPrometheusVisible"


@dataclass(frozen=True)
class Selection:
    """The condition `Selected`."""

    status: Literal["True", "False", "Unknown"]
    reason: Reason
    evidence: str
    """What is the case."""
    remedy: str = ""
    """The next step, where there is one."""

    @property
    def message(self) -> str:
        return f"{self.evidence} {self.remedy}".rstrip()


@dataclass(frozen=True)
class Demand:
    """Labels with which a Prometheus would take what it does not take now."""

    prometheus: Prometheus
    labels: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.prometheus} wants {_pairs(self.labels)}"


@dataclass(frozen=True)
class Ambiguous:
    """Several Prometheuses would take the monitors, each with other labels: somebody has to choose."""

    demands: Sequence[Demand]

    def __str__(self) -> str:
        return f"{_listed(self.demands)}."


def detected_labels(
    prometheuses: Iterable[Manifest], monitors: Sequence[Manifest], namespace_labels: Mapping[str, str]
) -> Mapping[str, str] | Ambiguous:
    """The labels that `monitors` lack to be taken, where there is one choice only.

    `prometheuses` are Prometheus and PrometheusAgent objects with their `kind`; `monitors` as they are rendered with
    configured labels only, which are never contradicted; `namespace_labels` are those of their namespace. Empty where
    they are taken already, or where no label would help.
    """
    demands = list(_demands(list(prometheuses), monitors, namespace_labels))
    choices = {tuple(sorted(demand.labels.items())) for demand in demands}
    if len(choices) > 1:
        return Ambiguous(demands)
    return dict(*choices)


def selection(
    prometheuses: Iterable[Manifest], monitors: Sequence[Manifest], namespace_labels: Mapping[str, str]
) -> Selection:
    """Whether each of `monitors` (one at least, as they are in the cluster) is taken by a Prometheus."""
    prometheuses = list(prometheuses)
    if not prometheuses:
        return Selection(
            "Unknown",
            Reason.NO_PROMETHEUS_VISIBLE,
            "No Prometheus or PrometheusAgent is visible here. What else reads monitors (VictoriaMetrics, Alloy, a "
            "managed Prometheus) may take them.",
        )
    lost = [monitor for monitor in monitors if not _takers(prometheuses, monitor, namespace_labels)]
    if not lost:
        takers = _takers(prometheuses, monitors[0], namespace_labels)
        return Selection("True", Reason.SELECTED, f"Taken by {_listed(takers, ', ')}.")
    choice = detected_labels(prometheuses, lost, namespace_labels)
    if isinstance(choice, Ambiguous):
        remedy = f"Choose one of them. {_set(choice.demands[0].labels)}"
        return Selection("False", Reason.AMBIGUOUS_SELECTORS, str(choice), remedy)
    return _refused(prometheuses, lost[0], namespace_labels)


def _demands(
    prometheuses: Sequence[Manifest], monitors: Sequence[Manifest], namespace_labels: Mapping[str, str]
) -> Iterator[Demand]:
    """What would help the monitors that nobody takes."""
    for monitor in monitors:
        if _takers(prometheuses, monitor, namespace_labels):
            continue
        for prometheus in _read(prometheuses, monitor):
            if labels := prometheus.lacking(monitor, namespace_labels):
                yield Demand(prometheus, labels)


def _takers(
    prometheuses: Iterable[Manifest], monitor: Manifest, namespace_labels: Mapping[str, str]
) -> list[Prometheus]:
    return [each for each in _read(prometheuses, monitor) if each.refusal(monitor, namespace_labels) is None]


def _refused(prometheuses: Sequence[Manifest], monitor: Manifest, namespace_labels: Mapping[str, str]) -> Selection:
    every = _read(prometheuses, monitor)
    told = [f"{each}: {each.refusal(monitor, namespace_labels)}" for each in every]
    name = f"{monitor['kind']} {monitor['metadata']['name']}"
    evidence = f"No Prometheus takes {name}. {_listed(told)}."
    return Selection("False", Reason.NOT_SELECTED, evidence, _remedy(every, namespace_labels, monitor))


def _remedy(every: Sequence[Prometheus], namespace_labels: Mapping[str, str], monitor: Manifest) -> str:
    """Labels, where they alone stand in the way; else the Prometheus is what has to change."""
    bare = {**monitor, "metadata": {**monitor["metadata"], "labels": {}}}
    for prometheus in every:
        if labels := prometheus.lacking(bare, namespace_labels):
            return _set(labels)
    first, kind = every[0], monitor["kind"]
    return f"See `kubectl edit {first.kind.lower()} {first.name} -n {first.namespace}`: its selectors for {kind}s."


def _read(prometheuses: Iterable[Manifest], monitor: Manifest) -> list[Prometheus]:
    return [Prometheus.of(prometheus, monitor["kind"]) for prometheus in prometheuses]


def _listed(things: Iterable[object], separator: str = "; ") -> str:
    told = list(dict.fromkeys(map(str, things)))
    more = f"{separator}and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return separator.join(told[:SHOWN]) + more


def _set(labels: Mapping[str, str]) -> str:
    inline = ", ".join(f"{key}: {json.dumps(value)}" for key, value in labels.items())  # `true` is no string
    return (
        f"Set spec.scrape.labels: {{{inline}}} in the VLLMMonitor, or `rayscope operator --monitor-labels "
        f"{_pairs(labels)}` for all services."
    )


def _pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in labels.items())
