"""What all dashboards share: data source and namespace to choose, links among them, rows, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as d
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from rayscope.dashboards.source.panel import DATA_SOURCE, Panel

TAG = "rayscope"
DOCUMENTATION = "https://github.com/rayscope/rayscope/blob/main/docs"
IN_SIGHT = ""
"""Where links and switches are: the builders would put them into a menu."""

Board = d.Dashboard
Variable = Builder[dashboard.VariableModel]


@dataclass(frozen=True)
class Row:
    """Panels under a heading, in reading order; they are 24 wide together, or break into lines of 24."""

    title: str
    panels: Sequence[Panel]


def board(name: str, title: str, tells: str, variables: Iterable[Variable], rows: Iterable[Row]) -> Board:
    """A dashboard of rows; its uid is stable, because links and bookmarks go by it."""
    made = (
        d.Dashboard(title)
        .uid(uid(name))
        .description(tells)
        .tags([TAG, "vllm", "ray"])
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time("now-1h", "now")
        .refresh("30s")
        .with_variable(d.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )
    for variable in variables:
        made.with_variable(variable)
    for link in _links():
        made.link(link)
    for row in rows:
        made.with_row(d.Row(row.title))
        for panel in row.panels:
            made.with_panel(panel)
    return made


def uid(name: str) -> str:
    return name if name == TAG else f"{TAG}-{name}"


def choice(name: str, label: str, query: str, tells: str, *, several: bool = False) -> d.QueryVariable:
    """A pick-list of a label's values on series that there are; with `several`, all of them at first."""
    variable = (
        d.QueryVariable(name)
        .label(label)
        .description(tells)
        .datasource(DATA_SOURCE)
        .query(query)
        .definition(query)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
    )
    if several:
        everything = dashboard.VariableOption(selected=True, text="All", value="$__all")
        variable.multi(True).include_all(True).all_value(".*").current(everything)  # noqa: FBT003 - the builder's signature
    return variable


def as_json(made: Board) -> str:
    """The text that Grafana imports and git keeps: sorted, and with numbers for the panels."""
    document: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    for number, panel in enumerate(document["panels"], 1):
        panel["id"] = number
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _links() -> Iterable[d.DashboardLink]:
    tagged = d.DashboardLink("Rayscope").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    yield tagged.keep_time(True).include_vars(True).placement(IN_SIGHT)  # noqa: FBT003 - the builder's signature
    for title, page in (("What the panels tell", "dashboards.md"), ("Runbooks", "runbooks/README.md")):
        link = d.DashboardLink(title).type(dashboard.DashboardLinkType.LINK).url(f"{DOCUMENTATION}/{page}").icon("doc")
        yield link.target_blank(True).placement(IN_SIGHT)  # noqa: FBT003 - the builder's signature
