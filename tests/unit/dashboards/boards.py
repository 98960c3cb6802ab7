"""The shipped dashboards as tests look at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rayscope.dashboards.packaged import packaged

Panel = dict[str, Any]
BOARDS: dict[str, Any] = {dashboard.name: json.loads(dashboard.text) for dashboard in packaged()}


def panels(name: str) -> list[Panel]:
    """Those that show something: headings of rows are not among them."""
    return [panel for panel in BOARDS[name]["panels"] if panel["type"] != "row"]


def expressions(name: str) -> Iterator[tuple[str, str]]:
    """Every query of a dashboard, the annotations' too, with the title of what shows it."""
    for panel in panels(name):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in BOARDS[name]["annotations"].get("list", ()):
        yield annotation["name"], annotation["expr"]


def variables(name: str) -> list[dict[str, Any]]:
    return list(BOARDS[name]["templating"]["list"])
