"""Objectives: what a threshold means in seconds, and which can be measured by the edges that a service has."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rayscope.model.rules import Indicator, Objective, SLOs, common, valid
from rayscope.model.status import KnownEdges

FIRST, BETWEEN, WHOLE = Indicator
SLO = SLOs(time_to_first_token=Objective(threshold="500ms"), end_to_end=Objective(threshold="10s", objective=99.9))


@pytest.mark.parametrize(
    ("threshold", "seconds"),
    [("500ms", 0.5), ("75ms", 0.075), ("300ms", 0.3), ("2.5s", 2.5), ("0.1s", 0.1), ("5m", 300)],
)
def test_a_threshold_is_exactly_the_edge_that_it_names(threshold: str, seconds: float) -> None:
    assert Objective(threshold=threshold).seconds == seconds


def test_an_objective_is_exact() -> None:
    assert str(1 - Objective(threshold="1s", objective=99.9).ratio) == "0.001"


def test_objectives_are_those_that_are_given() -> None:
    assert [indicator for indicator, _ in SLO] == [FIRST, WHOLE]


def test_what_cannot_be_measured_is_left_out() -> None:
    edges = {FIRST: frozenset({0.25, 0.5}), WHOLE: frozenset({1.0, 15.0})}
    assert [indicator for indicator, _ in valid(SLO, edges)] == [FIRST]
    assert list(valid(SLO, {})) == list(valid(None, edges)) == []


def test_only_edges_that_all_clusters_have_count() -> None:
    one = {FIRST: frozenset({0.25, 0.5}), BETWEEN: frozenset({0.1})}
    assert common([one, {FIRST: frozenset({0.5, 1.0})}]) == {FIRST: frozenset({0.5}), BETWEEN: frozenset({0.1})}
    assert common([]) == {}


def test_edges_survive_in_a_status() -> None:
    edges = {FIRST: frozenset({0.25, 0.5})}
    told = KnownEdges.of(edges)
    assert told.model_dump(by_alias=True) == {"timeToFirstToken": (0.25, 0.5), "interToken": (), "endToEnd": ()}
    assert told.edges == edges


@pytest.mark.parametrize("threshold", ["", "1", "1h", "-1s", "1 s"])
def test_a_threshold_without_a_unit_is_refused(threshold: str) -> None:
    with pytest.raises(ValidationError):
        Objective(threshold=threshold)
