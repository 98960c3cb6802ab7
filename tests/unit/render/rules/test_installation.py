"""The installation's rules are what the chart ships and what docs/rules.md lists, and select nobody else's series."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from rayscope.render.essential import PATTERN
from rayscope.render.rules.installation import installation_groups, recorded
from rayscope.render.rules.promql import matches_edge
from rayscope.render.rules.recorded import Recorded

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "charts/rayscope/files/rules.yaml"
LISTED = re.compile(r"^\| `(rayscope_(?:model|pod|cluster|deployment):\S+)` \|", re.MULTILINE)
RECORDED = tuple(recorded())
OTHERS = re.compile(r"DCGM_FI_\w+")
"""Series that no monitor of ours scrapes: they know no service, and are joined to one."""


def series(rule: Recorded) -> set[str]:
    """Names that the expression selects."""
    return set(re.findall(r"([a-zA-Z_][\w:]*)\{", rule.expression))


def test_the_chart_ships_what_the_code_makes() -> None:
    assert yaml.safe_load(SHIPPED.read_text()) == {"groups": installation_groups()}, "run `make generate`"


def test_the_document_lists_what_is_recorded() -> None:
    listed = LISTED.findall((ROOT / "docs/rules.md").read_text())
    assert sorted(listed) == sorted(rule.name for rule in RECORDED)


def test_a_series_is_recorded_once() -> None:
    assert len({rule.name for rule in RECORDED}) == len(RECORDED)


@pytest.mark.parametrize("rule", RECORDED, ids=lambda rule: rule.name)
def test_every_selector_is_of_labelled_services(rule: Recorded) -> None:
    assert series(rule)
    for name, matchers in re.findall(r"([a-zA-Z_][\w:]*)\{([^}]*)\}", rule.expression):
        assert OTHERS.fullmatch(name) or 'rayservice!=""' in matchers


def test_what_is_taken_of_rays_port_is_kept_of_it() -> None:
    """Else the rule would never see it: what is not essential is dropped at the scrape."""
    rays = {name for rule in RECORDED for name in series(rule) if name.startswith("ray_")}
    assert rays
    assert [name for name in rays if not re.fullmatch(PATTERN, name)] == []


@pytest.mark.parametrize(
    ("edge", "written"), [(0.5, ("0.5",)), (1.0, ("1", "1.0")), (0.025, ("0.025",)), (7680.0, ("7680", "7680.0"))]
)
def test_an_edge_is_found_however_it_is_written(edge: float, written: tuple[str, ...]) -> None:
    pattern = re.fullmatch(r'le=~"(.*)"', matches_edge(edge))
    assert pattern
    assert all(re.fullmatch(pattern[1], text) for text in written)
    assert not re.fullmatch(pattern[1], "110")
