"""Kinds of panels, as Grafana's builders make them: each has a title, what it tells and where that comes from."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common as c
from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.builders import heatmap, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from rayscope.dashboards.source.query import Query

Panel = Builder[dashboard.Panel]
Limits = Sequence[tuple[float, str]]
"""From which value on a panel has which colour; green below."""

DATA_SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
ABSENT = "no data"
HEIGHT = 8


def graph(  # noqa: PLR0913 - a panel is its settings
    title: str,
    tells: str,
    *queries: Query,
    unit: str,
    width: int = 12,
    stacked: bool = False,
    limits: Limits = (),
    highest: float | None = None,
) -> Panel:
    """Lines over time, from zero; `limits` are drawn as lines."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(tells)
        .datasource(DATA_SOURCE)
        .unit(unit)
        .min(0)
        .span(width)
        .height(HEIGHT)
        .line_width(1)
        .fill_opacity(25 if stacked else 8)
        .show_points(common.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(c.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    )
    if stacked:
        panel.stacking(c.StackingConfig().mode(common.StackingMode.NORMAL))
    if limits:
        style = c.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        panel.thresholds(thresholds(limits)).thresholds_style(style)
    if highest is not None:
        panel.max(highest)
    return panel.targets([_target(query, ref) for ref, query in enumerate(queries)])


def number(  # noqa: PLR0913 - a panel is its settings
    title: str,
    tells: str,
    query: Query,
    *,
    unit: str,
    width: int = 3,
    limits: Limits = (),
    decimals: int | None = None,
) -> Panel:
    """The value now, large, with what it was in small; coloured by `limits`."""
    panel = (
        stat.Panel()
        .title(title)
        .description(tells)
        .datasource(DATA_SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .no_value(ABSENT)
        .thresholds(thresholds(limits))
        .color_mode(common.BigValueColorMode.VALUE)
        .graph_mode(common.BigValueGraphMode.AREA)
        .reduce_options(c.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if decimals is not None:
        panel.decimals(decimals)
    return panel.targets([_target(query, 0)])


def distribution(title: str, tells: str, query: Query, *, unit: str, width: int = 12) -> Panel:
    """A histogram over time. The buckets are cumulative, as Prometheus has them; Grafana takes their differences."""
    return (
        heatmap.Panel()
        .title(title)
        .description(tells)
        .datasource(DATA_SOURCE)
        .span(width)
        .height(HEIGHT)
        .calculate(False)  # noqa: FBT003 - the builder's signature
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(heatmap.HeatmapColorOptions().mode(heat.HeatmapColorMode.SCHEME).scheme("Spectral").steps(64))
        .targets([_target(query, 0).format(PromQueryFormat.HEATMAP)])
    )


def thresholds(limits: Limits) -> d.ThresholdsConfig:
    """Green, and then as `limits` say."""
    steps = [dashboard.Threshold(value=None, color="green")]
    steps += [dashboard.Threshold(value=value, color=colour) for value, colour in limits]
    return d.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _legend() -> c.VizLegendOptions:
    return (
        c.VizLegendOptions()
        .show_legend(True)  # noqa: FBT003 - the builder's signature
        .display_mode(common.LegendDisplayMode.TABLE)
        .placement(common.LegendPlacement.BOTTOM)
        .calcs(["lastNotNull", "max"])
    )


def _target(query: Query, place: int) -> prometheus.Dataquery:
    """Without a data source of its own: it has its panel's."""
    target = prometheus.Dataquery().ref_id(chr(ord("A") + place)).expr(query.expr).range()
    return target.legend_format(query.legend) if query.legend else target
