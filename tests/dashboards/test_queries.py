"""No panel without data: each query of each dashboard, and each rule, on a Prometheus that scraped both ways.

What returns nothing (NaN is nothing) for both services fails, unless NEVER lists it; and what does return something is
not listed. So a panel that a rename empties, or one that was dead from the beginning, cannot be shipped.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.dashboards.coverage import answered, document, table
from tests.dashboards.grafana import Asked, asked
from tests.dashboards.stage import SERVICES, Stage
from tests.unit.dashboards.boards import BOARDS, variables

NO_GPU = "no GPU here: the rules' own tests have fixtures, with their units"
NEVER: Mapping[tuple[str, str], str] = {
    ("overview", "Each service M"): NO_GPU,
    ("service", "GPU memory used, by pod A"): NO_GPU,
    ("service", "GPU memory used, share A"): NO_GPU,
}
"""Queries that have nothing here, and why."""


@pytest.mark.parametrize("query", list(asked()), ids=str)
def test_every_query_has_data(query: Asked, played: Stage) -> None:
    answers = {service: answered(query, played, service) for service in SERVICES}
    reason = NEVER.get((query.board, f"{query.title} {query.ref}"))
    assert any(answers.values()) != bool(reason), (query.filled(played.chosen(SERVICES[0])), reason)


def test_what_is_listed_as_empty_is_a_query() -> None:
    assert NEVER.keys() <= {(query.board, f"{query.title} {query.ref}") for query in asked()}


@pytest.mark.parametrize(
    ("board", "variable"), [(board, one["name"]) for board in BOARDS for one in variables(board)[1:]]
)
def test_every_choice_has_something_to_choose(board: str, variable: str, played: Stage) -> None:
    (query,) = (one["query"] for one in variables(board) if one["name"] == variable)
    selector, _, label = query.removeprefix("label_values(").removesuffix(")").rpartition(", ")
    chosen = played.chosen(SERVICES[0])
    for name, value in chosen.items():
        selector = selector.replace(f"${name}", value)
    assert played.prometheus.label_values(label, selector)


def test_the_documentation_says_which_way_each_panel_of_a_service_has_its_numbers(played: Stage) -> None:
    assert table(played) in document(), table(played)
