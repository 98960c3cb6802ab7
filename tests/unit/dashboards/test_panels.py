"""What every panel owes to the person who looks at it."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from tests.unit.dashboards.boards import BOARDS, Panel, expressions, panels, variables

SERIES = re.compile(r"\b(?:rayscope_|vllm:|ray_|scrape_|up\b|ALERTS\b)[\w:]*(\{[^}]*\})?")
OF_THE_OPERATOR = (
    "rayscope_leader",
    "rayscope_services",
    "rayscope_queue_depth",
    "rayscope_kind_missing",
    "rayscope_reconcile",
    "rayscope_child_writes_total",
    "rayscope_events_total",
    "rayscope_resyncs_total",
)
"""It serves all services: its series are none's."""
ALL = [(name, panel) for name in BOARDS for panel in panels(name)]


def titled(given: Any) -> str:
    return given["title"] if isinstance(given, dict) else str(given)


@pytest.mark.parametrize(("name", "panel"), ALL, ids=titled)
def test_a_panel_says_what_it_tells_and_where_that_comes_from(name: str, panel: Panel) -> None:
    assert len(panel["description"]) > 20, name
    assert panel["description"].endswith("."), name


@pytest.mark.parametrize(("name", "panel"), ALL, ids=titled)
def test_a_panel_has_a_unit(name: str, panel: Panel) -> None:
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    overrides = panel.get("fieldConfig", {}).get("overrides", [])
    units = [defaults.get("unit"), panel["options"].get("yAxis", {}).get("unit")]
    units += [one["value"] for override in overrides for one in override["properties"] if one["id"] == "unit"]
    assert any(units), name


@pytest.mark.parametrize(("name", "panel"), ALL, ids=titled)
def test_a_panel_asks_the_data_source_that_was_chosen(name: str, panel: Panel) -> None:
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, name
    assert not [target for target in panel["targets"] if "datasource" in target], name


@pytest.mark.parametrize(("name", "panel"), ALL, ids=titled)
def test_lines_of_one_panel_are_called_differently(name: str, panel: Panel) -> None:
    legends = [target.get("legendFormat") for target in panel["targets"]]
    if panel["type"] == "timeseries":
        assert all(legends), name
        assert len(set(legends)) == len(legends), name


@pytest.mark.parametrize("name", BOARDS)
def test_titles_occur_once_and_numbers_too(name: str) -> None:
    titles = [panel["title"] for panel in panels(name)]
    numbers = [panel["id"] for panel in BOARDS[name]["panels"]]
    assert sorted(set(titles)) == sorted(titles)
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_on_the_grid_and_none_on_another(name: str) -> None:
    places = [panel["gridPos"] for panel in BOARDS[name]["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or below, (one, other)


@pytest.mark.parametrize("name", BOARDS)
def test_every_line_of_the_grid_is_full(name: str) -> None:
    """No holes: they look like a panel that has gone."""
    covered = sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in BOARDS[name]["panels"])
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in BOARDS[name]["panels"])
    assert covered == 24 * height


@pytest.mark.parametrize("name", BOARDS)
def test_every_series_is_of_a_labelled_service(name: str) -> None:
    """Whoever else scrapes the same pods sets no rayservice: their copies count nothing."""
    for title, expr in expressions(name):
        for found in SERIES.finditer(without_labels(expr)):
            if not found.group().startswith(OF_THE_OPERATOR):
                assert re.search(r'rayservice(!=""|="\$service")', found.group(1) or ""), (title, found.group())


def without_labels(expr: str) -> str:
    """An expression without the names of labels in by (...) and the like."""
    return re.sub(r"\b(by|on|group_left|group_right) ?\([^)]*\)", "", expr)


@pytest.mark.parametrize("name", BOARDS)
def test_a_rate_has_the_window_that_grafana_chooses_or_the_rules_have(name: str) -> None:
    windows = {window for _, expr in expressions(name) for window in re.findall(r"\[([^]]+)\]", expr)}
    assert windows <= {"$__rate_interval", "5m", "1h"}


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_that_is_used_can_be_chosen(name: str) -> None:
    text = " ".join(expr for _, expr in expressions(name)) + " ".join(str(one.get("query")) for one in variables(name))
    used = {variable for variable in re.findall(r"\$\{?(\w+)", text) if not variable.startswith("__")}
    assert used <= {variable["name"] for variable in variables(name)}


@pytest.mark.parametrize("name", BOARDS)
def test_choices_come_from_labels_of_series(name: str) -> None:
    source, *others = variables(name)
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    assert all(re.fullmatch(r"label_values\(.+\{rayservice.+\}, \w+\)", other["query"]) for other in others)


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_has_an_address_that_stays(name: str) -> None:
    assert {name: board["uid"] for name, board in BOARDS.items()} == {
        "overview": "rayscope-overview",
        "service": "rayscope-service",
        "rayscope": "rayscope",
    }
    assert "rayscope" in BOARDS[name]["tags"]


@pytest.mark.parametrize("name", BOARDS)
def test_dashboards_lead_to_each_other_and_to_the_documentation(name: str) -> None:
    links = BOARDS[name]["links"]
    assert [link["type"] for link in links] == ["dashboards", "link", "link"]
    assert links[0]["tags"] == ["rayscope"]
    assert all("/docs/" in link["url"] for link in links[1:])


def test_the_overview_leads_to_a_service() -> None:
    links = [
        one["value"][0]["url"]
        for panel in panels("overview")
        for override in panel.get("fieldConfig", {}).get("overrides", [])
        for one in override["properties"]
        if one["id"] == "links"
    ]
    assert len(links) == 2
    assert all(link.startswith("/d/rayscope-service?") for link in links)
    assert all("var-service=" in link and "var-namespace=" in link for link in links)
