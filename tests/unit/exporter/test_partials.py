"""Exact sums."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from rayscope.exporter.archive.partials import Partials, add

moderate = st.floats(min_value=-1e300, max_value=1e300)


def summed(values: Iterable[float]) -> Partials:
    nothing: Partials = ()
    return reduce(add, values, nothing)


@given(st.lists(moderate, max_size=40))
def test_partials_are_the_exact_sum(values: list[float]) -> None:
    partials = summed(values)
    assert sum(map(Fraction, partials)) == sum(map(Fraction, values))


@given(st.lists(moderate, max_size=40), st.integers(0, 40))
def test_wherever_the_dead_end_and_the_living_begin_one_rounding_gives_the_same(values: list[float], dead: int) -> None:
    partials = summed(values[:dead])
    assert math.fsum((*partials, *values[dead:])) == math.fsum(values)


@given(st.lists(moderate, max_size=20).flatmap(lambda values: st.tuples(st.just(values), st.permutations(values))))
def test_the_order_of_deaths_does_not_matter(orders: tuple[list[float], list[float]]) -> None:
    assert math.fsum(summed(orders[0])) == math.fsum(summed(orders[1]))


@given(st.lists(st.floats(min_value=0, max_value=1e15), min_size=1, max_size=200))
def test_partials_stay_few(values: list[float]) -> None:
    assert len(summed(values)) <= 25


def test_the_textbook_case_loses_nothing() -> None:
    assert math.fsum(summed([1e16, 1.0, -1e16])) == 1.0


def test_infinity_stays() -> None:
    partials = summed([1.5, math.inf, 2.5])
    assert math.fsum(partials) == math.inf


def test_opposite_infinities_and_nan_are_nan() -> None:
    assert math.isnan(math.fsum(summed([math.inf, 1.0, -math.inf])))
    assert math.isnan(math.fsum(summed([1.0, math.nan, 2.0, math.inf])))


def test_a_sum_beyond_the_range_is_infinite() -> None:
    assert summed([1.7e308, 0.1, 1.7e308, 1.0]) == (math.inf,)
    assert summed([-1.7e308, -1.7e308]) == (-math.inf,)
