"""The queries that many panels share, as PromQL.

Panels ask for recorded series (docs/rules.md), which are one vocabulary over both sources of vLLM's numbers; only what
is said by Prometheus, by Rayscope or by its exporter is asked for as it is. Each selector is bound to a service.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY_SERVICE = 'rayservice!="", namespace=~"$namespace"'
"""Of all services in the chosen namespaces."""
SERVICE = 'rayservice="$service", namespace="$namespace", ray_io_cluster=~"$cluster"'
"""Of one service, in the chosen clusters."""
MODEL = f'{SERVICE}, model_name=~"$model"'
"""Of one service, in the chosen clusters and models."""

LATENCY = "histogram_quantile({share}, sum by ({by}le) (rayscope_model:{family}_bucket:rate5m{{{select}}}))"


@dataclass(frozen=True)
class Query:
    """One expression, and what its lines are called (`{{label}}` is the label's value)."""

    expr: str
    legend: str = ""


def recorded(aggregate: str, series: str, *by: str, select: str = MODEL) -> str:
    """An aggregation of a recorded series: `sum by (model_name) (rayscope_model:...{...})`."""
    grouping = f" by ({', '.join(by)})" if by else ""
    return f"{aggregate}{grouping} ({series}{{{select}}})"


def quantile(share: float, family: str, *by: str, select: str = MODEL) -> str:
    """A quantile of a recorded histogram. There are no means: on the Ray source `_sum` is an estimate."""
    labels = "".join(f"{label}, " for label in by)
    return LATENCY.format(share=share, family=family, by=labels, select=select)


def percentiles(family: str) -> tuple[Query, ...]:
    """The usual three of one service, over its models."""
    return tuple(Query(quantile(share, family), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99))


def buckets(family: str) -> Query:
    """A recorded histogram, bucket by bucket, for a heatmap."""
    return Query(recorded("sum", f"rayscope_model:{family}_bucket:rate5m", "le"), "{{le}}")


def ratio(part: str, whole: str) -> str:
    """The share of a part; absent where there is no whole."""
    return f"{part} / ({whole} > 0)"
