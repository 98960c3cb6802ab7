"""Pictures of the dashboards, from their JSON: what is where, under which title. No data, so they never mislead.

python -m tests.dashboards.layout        writes docs/images/dashboard-*.svg
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from tests.unit.dashboards.boards import BOARDS

IMAGES = Path(__file__).parents[2] / "docs/images"
COLUMN, LINE, GAP = 44, 14, 4
"""Sizes in pixels: of a column, of a line of the grid, and between panels."""
LETTER = 6.3
"""How wide a letter of a title is, generously."""
INK, FAINT, PAPER, CARD, EDGE = "#1f2430", "#7a8194", "#f4f5f9", "#ffffff", "#d0d4e0"
STYLE = f"""
text {{ font: 600 11px system-ui, sans-serif; fill: {INK} }}
.kind {{ font-weight: 400; fill: {FAINT} }}
.row {{ font-size: 13px }}
.board {{ font-size: 16px }}
"""
KINDS = {"timeseries": "lines", "heatmap": "distribution", "stat": "number", "table": "table"}
TOP = 34


def picture(board: str) -> str:
    """One dashboard as SVG."""
    document = BOARDS[board]
    width = 24 * COLUMN + GAP
    height = TOP + GAP + LINE * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in document["panels"])
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(document['title'])}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" rx="6" fill="{PAPER}"/>',
            f'<text class="board" x="12" y="23">{escape(document["title"])}</text>',
            *(line for panel in document["panels"] for line in _drawn(panel)),
            "</svg>\n",
        ]
    )


def _drawn(panel: dict[str, Any]) -> Iterator[str]:
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN + GAP, TOP + place["y"] * LINE + GAP
    if panel["type"] == "row":
        yield f'<text class="row" x="{x + 8}" y="{y + LINE - 4}">{escape(panel["title"])}</text>'
        return
    wide, high = place["w"] * COLUMN - GAP, place["h"] * LINE - GAP
    yield f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="3" fill="{CARD}" stroke="{EDGE}"/>'
    lines = textwrap.wrap(panel["title"], int((wide - 16) / LETTER))
    for number, line in enumerate(lines):
        yield f'<text x="{x + 8}" y="{y + 16 + 13 * number}">{escape(line)}</text>'
    for number, line in enumerate(textwrap.wrap(_shown(panel), int((wide - 16) / LETTER)), len(lines) + 1):
        yield f'<text class="kind" x="{x + 8}" y="{y + 16 + 13 * number}">{escape(line)}</text>'
    yield f'<text class="kind" x="{x + 8}" y="{y + high - 8}">{KINDS[panel["type"]]}{_unit(panel)}</text>'


def _shown(panel: dict[str, Any]) -> str:
    """The lines of a graph, the columns of a table."""
    if panel["type"] == "table":
        organized = panel["transformations"][-1]["options"]
        return " · ".join(organized["renameByName"][name] for name in organized["indexByName"])
    if panel["type"] == "timeseries":
        return " · ".join(target["legendFormat"] for target in panel["targets"])
    return ""


def _unit(panel: dict[str, Any]) -> str:
    """In the words of people; of a table each column has its own."""
    words = {"s": "seconds", "percentunit": "%", "bytes": "bytes", "reqps": "per second", "ops": "per second"}
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit") or panel["options"].get("yAxis", {}).get("unit")
    return f", {words[unit]}" if unit in words else ""


def path(board: str) -> Path:
    return IMAGES / f"dashboard-{board}.svg"


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for name in BOARDS:
        path(name).write_text(picture(name), encoding="utf-8")
