"""What panels ask for is what the rules record: by name and by labels, as docs/rules.md lists them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.dashboards.boards import BOARDS, expressions

RULES = Path(__file__).parents[3].joinpath("docs/rules.md").read_text(encoding="utf-8")
RECORDED = re.compile(r"\brayscope_(?:model|pod|cluster|deployment|slo):[\w:]+")


def listed() -> set[str]:
    """Names in tables; `:rate5m`, `:rate1h` … of one row share its beginning."""
    names: set[str] = set()
    for line in RULES.splitlines():
        cell = line.split("|")[1] if line.startswith("|") else ""
        first, *more = re.findall(r"`([^`]+)`", cell) or [""]
        names |= {first, *(first.rpartition(":")[0] + other for other in more if other.startswith(":"))}
        names |= {other for other in more if not other.startswith(":")}
    return names


@pytest.mark.parametrize("name", BOARDS)
def test_every_recorded_series_that_is_asked_for_is_one_that_the_rules_have(name: str) -> None:
    used = {series for _, expr in expressions(name) for series in RECORDED.findall(expr)}
    assert used <= listed()


def test_the_panels_show_what_is_recorded() -> None:
    """All of it, but for what only alerts need."""
    used = {series for board in BOARDS for _, expr in expressions(board) for series in RECORDED.findall(expr)}
    unseen = {series for series in listed() if RECORDED.fullmatch(series)} - used
    assert unseen == {
        "rayscope_cluster:targets_up:ratio",
        "rayscope_model:requests_failed:ratio_rate5m",
        "rayscope_slo:errors:rate5m",
        "rayscope_slo:events:rate5m",
        "rayscope_slo:error_ratio:rate30m",
        "rayscope_slo:error_ratio:rate2h",
        "rayscope_slo:error_ratio:rate1d",
    }
