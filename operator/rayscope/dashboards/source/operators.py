"""The operator: who leads, how it keeps up, and what it cannot do. Its series have no service's label."""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, distribution, graph, number
from rayscope.dashboards.source.query import Query

DURATION = "rate(rayscope_reconcile_duration_seconds_bucket[$__rate_interval])"


def operators() -> Row:
    """From the operator's own /metrics, where something scrapes it (serviceMonitor.enabled of the chart)."""
    return Row("Operator", [*_numbers(), *_work(), *_doings()])


def _numbers() -> Iterable[Panel]:
    yield number(
        "Leaders",
        "Replicas that lead: one, or for moments none.",
        Query("sum(rayscope_leader)"),
        unit="short",
        width=6,
    )
    yield number(
        "Services", "Labelled services that are known.", Query("max(rayscope_services)"), unit="short", width=6
    )
    yield number(
        "Queue",
        "Services that wait for a visit.",
        Query("max(rayscope_queue_depth)"),
        unit="short",
        width=6,
        limits=[(50, "orange")],
    )
    yield number(
        "Kinds missing",
        "Kinds that are needed and not installed, such as Prometheus Operator's.",
        Query("sum(max by (kind) (rayscope_kind_missing)) or 0 * sum(rayscope_leader)"),
        unit="short",
        width=6,
        limits=[(1, "orange")],
    )


def _work() -> Iterable[Panel]:
    yield graph(
        "Visits, by result",
        "Visits of services per second, by what came of them. From rayscope_reconciles_total.",
        Query("sum by (result) (rate(rayscope_reconciles_total[$__rate_interval]))", "{{result}}"),
        unit="ops",
    )
    yield distribution(
        "Duration of a visit",
        "Colour: how many visits per second took how long. From rayscope_reconcile_duration_seconds.",
        Query(f"sum by (le) ({DURATION})", "{{le}}"),
        unit="s",
    )
    yield graph(
        "Duration of a visit, percentiles",
        "From the beginning of a visit to its end.",
        *(
            Query(f"histogram_quantile({share}, sum by (le) ({DURATION}))", f"p{share * 100:g}")
            for share in (0.5, 0.95, 0.99)
        ),
        unit="s",
    )
    yield graph(
        "Queue and services",
        "Services that wait for a visit, of those that are known.",
        Query("max(rayscope_queue_depth)", "waiting"),
        Query("max(rayscope_services)", "known"),
        unit="short",
    )


def _doings() -> Iterable[Panel]:
    yield graph(
        "Writes, by kind",
        "Requests that create, change or delete a child, per second. In a steady state there are none.",
        Query("sum by (kind, verb) (rate(rayscope_child_writes_total[$__rate_interval]))", "{{verb}} {{kind}}"),
        unit="ops",
    )
    yield graph(
        "Events, by reason",
        "Events posted on RayServices, per second: what owners were told.",
        Query("sum by (reason) (rate(rayscope_events_total[$__rate_interval]))", "{{reason}}"),
        unit="ops",
    )
    yield graph(
        "Resyncs, by result",
        "Comparisons of everything known with the cluster, in an hour.",
        Query("sum by (result) (increase(rayscope_resyncs_total[1h]))", "{{result}}"),
        unit="short",
    )
    yield graph(
        "Kinds missing, by kind",
        "1 where a kind that is needed is not installed. From rayscope_kind_missing.",
        Query("max by (kind) (rayscope_kind_missing)", "{{kind}}"),
        unit="short",
    )
