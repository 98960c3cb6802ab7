"""What Grafana asks a Prometheus: a dashboard's queries with its variables filled in, as it fills them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.dashboards.prometheus import SCRAPE_SECONDS
from tests.unit.dashboards.boards import BOARDS, panels

RATE_INTERVAL = f"{4 * SCRAPE_SECONDS}s"
"""The least that $__rate_interval is: four scrapes."""


@dataclass(frozen=True)
class Asked:
    """One query: of which panel (or annotation), and whether it is asked for now or over time."""

    board: str
    title: str
    ref: str
    expr: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.title} {self.ref}"

    def filled(self, chosen: Mapping[str, str]) -> str:
        """As it is sent; All is `.*`, as the variables say."""
        text = self.expr.replace("$__rate_interval", RATE_INTERVAL)
        for name, value in chosen.items():
            text = text.replace(f"${name}", value)
        return text


def asked() -> Iterator[Asked]:
    """Every query of every panel, and of every annotation."""
    for board, document in BOARDS.items():
        for panel in panels(board):
            for target in panel["targets"]:
                yield Asked(board, panel["title"], target["refId"], target["expr"], bool(target.get("instant")))
        for mark in document["annotations"].get("list", ()):
            yield Asked(board, mark["name"], "", mark["expr"], instant=False)
