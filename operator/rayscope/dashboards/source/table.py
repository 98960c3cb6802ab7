"""A table of what many queries say now about the same things: one row a thing, one column a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from rayscope.dashboards.source.panel import ABSENT, DATA_SOURCE, Limits, Panel

Values = list[dashboard.DynamicConfigValue]


@dataclass(frozen=True)
class Column:
    """One query of a table: its heading, its unit, and from which value on a cell has which colour."""

    title: str
    expr: str
    unit: str = "short"
    limits: Limits = ()
    decimals: int | None = None


@dataclass(frozen=True)
class Rows:
    """What the rows are: labels with their headings, in order, and where a click on one of them leads."""

    labels: Mapping[str, str]
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By label: title and address."""


def table(title: str, tells: str, rows: Rows, *columns: Column, width: int = 24, height: int = 9) -> Panel:
    """Queries are joined by the labels of the rows; what a query does not have is an empty cell."""
    panel = tables.Panel().title(title).description(tells).datasource(DATA_SOURCE).span(width).height(height)
    panel.no_value(ABSENT).filterable(True)  # noqa: FBT003 - the builder's signature
    panel.targets([_target(column.expr, ref) for ref, column in zip(_refs(columns), columns, strict=True)])
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(dashboard.DataTransformerConfig("organize", options=_organized(rows, columns)))
    for column in columns:
        panel.override_by_name(column.title, _cells(column))
    for label, (name, address) in rows.links.items():
        link = {"title": name, "url": address}
        panel.override_by_name(rows.labels[label], [dashboard.DynamicConfigValue("links", [link])])
    return panel


def _refs(columns: Sequence[Column]) -> list[str]:
    return [chr(ord("A") + place) for place in range(len(columns))]


def _target(expr: str, ref: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().ref_id(ref).expr(expr).instant().format(PromQueryFormat.TABLE)


def _organized(rows: Rows, columns: Sequence[Column]) -> dict[str, object]:
    """Headings and order. One query's column is called `Value`, several `Value #A` and so on."""
    values = [f"Value #{ref}" for ref in _refs(columns)] if len(columns) > 1 else ["Value"]
    names = [*rows.labels, *values]
    headings = {**rows.labels, **dict(zip(values, (column.title for column in columns), strict=True))}
    return {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(names)},
        "renameByName": headings,
    }


def _cells(column: Column) -> Values:
    values: Values = [dashboard.DynamicConfigValue("unit", column.unit)]
    if column.decimals is not None:
        values.append(dashboard.DynamicConfigValue("decimals", column.decimals))
    if column.limits:
        steps = [{"value": None, "color": "text"}, *({"value": at, "color": colour} for at, colour in column.limits)]
        values.append(dashboard.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}))
        values.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return values
