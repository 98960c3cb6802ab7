"""SLOs: how many events were too slow, and alerts on how fast the error budget burns.

Multi-window, multi-burn-rate, as in Google's SRE workbook, chapter 5, "Alerting on SLOs", over a budget of 30 days. An
objective is for a model of the service, over all clusters that count: its users do not know of clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rayscope.model.manifest import Manifest
from rayscope.model.rules import Indicator, Objective
from rayscope.render.rules.alert import Alert, Severity
from rayscope.render.rules.promql import SERVICE_LABELS, matches_edge, over
from rayscope.render.rules.recorded import Recorded, group
from rayscope.render.rules.scope import Scope
from rayscope.render.rules.vocabulary import buckets

LEVEL = "rayscope_slo"
EVENTS, ERRORS, RATIO = f"{LEVEL}:events:rate5m", f"{LEVEL}:errors:rate5m", f"{LEVEL}:error_ratio"
LABELS = (*SERVICE_LABELS, "model_name")
WINDOWS = ("30m", "1h", "2h", "6h", "1d", "3d")
"""Longer than that of the recorded rates, of which each is the mean."""


@dataclass(frozen=True)
class Subject:
    """What an indicator is called, and measured by."""

    alert: str
    histogram: str
    words: str
    events: str


SUBJECTS = {
    Indicator.TIME_TO_FIRST_TOKEN: Subject(
        "VLLMTimeToFirstTokenSLO", "time_to_first_token_seconds", "time to first token", "requests"
    ),
    Indicator.INTER_TOKEN: Subject(
        "VLLMInterTokenLatencySLO", "inter_token_latency_seconds", "time between tokens", "tokens"
    ),
    Indicator.END_TO_END: Subject(
        "VLLMEndToEndLatencySLO", "e2e_request_latency_seconds", "end-to-end latency", "requests"
    ),
}
HISTOGRAMS = {indicator: subject.histogram for indicator, subject in SUBJECTS.items()}


@dataclass(frozen=True)
class Burn:
    """A pair of windows: the long one says that it matters, the short one that it still goes on."""

    long: str
    short: str
    factor: Decimal
    """So many times as fast as the budget may burn for 30 days."""
    severity: Severity
    hold: str
    step: str
    """Of the subquery that counts events: a sixtieth or so of the long window."""
    seconds: int
    """The same, in seconds."""


BURNS = (
    Burn("1h", "5m", Decimal("14.4"), "critical", "2m", "1m", 60),
    Burn("6h", "30m", Decimal(6), "critical", "2m", "5m", 300),
    Burn("1d", "2h", Decimal(3), "warning", "15m", "15m", 900),
    Burn("3d", "6h", Decimal(1), "warning", "15m", "1h", 3600),
)


def slo_group(scope: Scope, indicator: Indicator, objective: Objective, minimum: int) -> Manifest:
    """One objective: what is recorded of it, then its alerts."""
    recorded = [each.rule for each in _recorded(scope, indicator, objective)]
    return group(
        f"{scope.service}.slo.{indicator}",
        [*recorded, *(each.rule for each in _alerts(scope, indicator, objective, minimum))],
    )


def _recorded(scope: Scope, indicator: Indicator, objective: Objective) -> Iterator[Recorded]:
    histogram, slo = buckets(SUBJECTS[indicator].histogram), {"slo": str(indicator)}
    every = over("sum", LABELS, scope.series(histogram, 'le="+Inf"'))
    good = over("sum", LABELS, scope.series(histogram, matches_edge(objective.seconds)))
    events, errors = (_of(scope, name, indicator) for name in (EVENTS, ERRORS))
    yield Recorded(EVENTS, every, slo)
    yield Recorded(ERRORS, f"clamp_min({every} - {good}, 0)", slo)
    yield Recorded(f"{RATIO}:rate5m", f"{errors} / ({events} > 0)", slo)
    for window in WINDOWS:
        several = f"sum_over_time({errors}[{window}])\n/\n(sum_over_time({events}[{window}]) > 0)"
        yield Recorded(f"{RATIO}:rate{window}", several, slo)
    place = {"rayservice": scope.service, **({"namespace": scope.namespace} if scope.namespace else {}), **slo}
    yield Recorded(f"{LEVEL}:objective_ratio", f"vector({objective.ratio.normalize():f})", place)
    yield Recorded(f"{LEVEL}:threshold_seconds", f"vector({objective.seconds:.15g})", place)


def _alerts(scope: Scope, indicator: Indicator, objective: Objective, minimum: int) -> Iterator[Alert]:
    budget = 1 - objective.ratio
    for burn in BURNS:
        if burn.factor * budget < 1:  # else it could never fire: no more than everything can be too slow
            yield _alert(scope, indicator, objective, burn, minimum)


def _alert(scope: Scope, indicator: Indicator, objective: Objective, burn: Burn, minimum: int) -> Alert:
    subject, limit = SUBJECTS[indicator], burn.factor * (1 - objective.ratio)
    burning = [
        f"{_of(scope, f'{RATIO}:rate{window}', indicator)} > {limit.normalize():f}"
        for window in (burn.long, burn.short)
    ]
    counted = f"sum_over_time({_of(scope, EVENTS, indicator)}[{burn.long}:{burn.step}]) * {burn.seconds} >= {minimum}"
    return Alert(
        name=subject.alert,
        severity=burn.severity,
        expression="\nand\n".join([*burning, counted]),
        hold=burn.hold,
        summary=f"{{{{ $labels.rayservice }}}}: too many {subject.events} of {{{{ $labels.model_name }}}} are slow.",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the {subject.events} of the last {burn.long} had a "
            f"{subject.words} above {objective.threshold}, while {objective.objective:g}% are to be below. At this "
            f"pace the error budget of 30 days burns {burn.factor.normalize():f} times too fast or worse."
        ),
        labels={"slo": str(indicator), "long_window": burn.long, "short_window": burn.short},
    )


def _of(scope: Scope, series: str, indicator: Indicator) -> str:
    return scope.every(series, f'slo="{indicator}"')
