"""Every value does what values.yaml says: one case at least for each, and none is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from tests.chart.cases import CASES, Case
from tests.chart.chart import CHART, PROMETHEUS_OPERATOR, Object, Rendered, render

ELSEWHERE = {
    "global": "it is a parent chart's, and read by nothing",
    "serviceMonitor.renderMode": "test_chart.py: it tells what becomes of a missing kind",
    "rules.renderMode": "the same template as serviceMonitor.renderMode; below",
}


def leaves(schema: Object, path: str = "") -> Iterator[str]:
    """Values that are not just blocks of others, by the schema."""
    for name, each in schema.get("properties", {}).items():
        place = f"{path}{name}"
        if each.get("type") == "object" and not each.get("additionalProperties"):
            yield from leaves(each, f"{place}.")
        else:
            yield place


def together(one: Object, other: Object) -> Object:
    both = dict(one)
    for key, value in other.items():
        both[key] = together(both[key], value) if isinstance(both.get(key), dict) and isinstance(value, dict) else value
    return both


def at(path: str, value: Any) -> Object:
    for name in reversed(path.split(".")):
        value = {name: value}
    made: Object = value
    return made


def rendered(values: Object) -> Rendered:
    return _rendered(json.dumps(values, sort_keys=True))


@cache
def _rendered(values: str) -> Rendered:
    return render(json.loads(values), *PROMETHEUS_OPERATOR)


def test_no_value_is_without_a_case() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert set(leaves(schema)) == {case.path for case in CASES} | ELSEWHERE.keys()


def test_every_value_is_documented_where_it_stands() -> None:
    lines = (CHART / "values.yaml").read_text().splitlines()
    schema = json.loads((CHART / "values.schema.json").read_text())
    told = sum(line.strip().startswith("# -- ") for line in lines)
    assert told == len(list(leaves(schema)))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.path}-{number}" for number, case in enumerate(CASES)])
def test_it_does_what_it_says(case: Case) -> None:
    assert case.look(rendered(case.beside)) != case.seen
    assert case.look(rendered(together(case.beside, at(case.path, case.value)))) == case.seen


def test_the_global_rules_can_be_left_out_where_there_is_no_prometheus_operator() -> None:
    assert not render({"rules": {"global": True}}).all("PrometheusRule")
    assert render({"rules": {"global": True, "renderMode": "alwaysRender"}}).all("PrometheusRule")


def test_what_a_parent_chart_gives_to_all_changes_nothing() -> None:
    assert rendered({"global": {"imageRegistry": "mirror"}}).text == rendered({}).text


def test_the_defaults_are_valid() -> None:
    assert render(yaml.safe_load((CHART / "values.yaml").read_text())).text == render().text
