"""Which of the two ways has the numbers of a panel: measured, and told in docs/dashboards.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from tests.dashboards.grafana import Asked, asked
from tests.dashboards.stage import SERVICES, Stage

DOCUMENT = Path(__file__).parents[2] / "docs/dashboards.md"
BOARD = "service"
AFTERWARDS: Mapping[str, float] = {"Cluster goes": 360}
"""Seconds after the end at which a query is asked: the last sample is out of sight then, as if all had been stopped."""


def answered(query: Asked, played: Stage, service: str) -> bool:
    """Whether it returns a number for the service."""
    expr = query.filled(played.chosen(service))
    if query.title in AFTERWARDS:
        return bool(played.prometheus.instant(expr, played.prometheus.now() + AFTERWARDS[query.title]))
    return bool(played.prometheus.instant(expr) if query.instant else played.prometheus.over_time(expr))


def document() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def table(played: Stage) -> str:
    """Panel by panel: yes, partly where only some of its queries have numbers, or nothing."""
    queries = (query for query in asked() if query.board == BOARD and query.ref)
    rows = [row(title, list(of_one), played) for title, of_one in groupby(queries, key=lambda query: query.title)]
    return "\n".join(["| panel | exporter | Ray's own port |", "|---|---|---|", *rows])


def row(title: str, queries: list[Asked], played: Stage) -> str:
    return f"| {' | '.join([title, *_cells(queries, played)])} |"


def _cells(queries: list[Asked], played: Stage) -> Iterator[str]:
    for service in SERVICES:
        found = [answered(query, played, service) for query in queries]
        yield "yes" if all(found) else "partly" if any(found) else "–"
