"""What is shipped is what the code makes: in the package, and in the chart."""

from __future__ import annotations

from pathlib import Path

import pytest

from rayscope.dashboards.packaged import packaged
from rayscope.dashboards.source.boards import BOARDS
from rayscope.dashboards.source.frame import as_json

CHART = Path(__file__).parents[3] / "charts/rayscope/files/dashboards"


def made() -> dict[str, str]:
    return {name: as_json(board()) for name, board in BOARDS.items()}


def test_the_package_has_what_the_code_makes() -> None:
    assert {dashboard.name: dashboard.text for dashboard in packaged()} == made(), "run `make generate`"


def test_the_chart_has_the_same() -> None:
    shipped = {file.stem: file.read_text(encoding="utf-8") for file in CHART.iterdir()}
    assert shipped == made(), "run `make generate`"


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_made_the_same_every_time(name: str) -> None:
    assert as_json(BOARDS[name]()) == as_json(BOARDS[name]())


def test_all_of_them_fit_into_a_config_map() -> None:
    assert all(len(dashboard.text.encode()) < 1024**2 for dashboard in packaged())
