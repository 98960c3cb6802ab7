"""Sums place by place, whatever order the keys have in which file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rayscope.exporter.files.layout import FileName, Layout
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.numbers.totals import Totals, exact_sum, picker

KEYS = [b"a", b"b", b"c", b"d", b"e"]
PLACES = {b"a": "a", b"b": "b", b"c": "c", b"d": "d", b"e": "a"}
"""`e` is the same series as `a`: another help text makes another key."""

finite = st.floats(-1e12, 1e12)
contents = st.dictionaries(st.sampled_from(KEYS), finite, min_size=1).flatmap(
    lambda values: st.permutations(list(values.items()))
)
archives = st.dictionaries(st.sampled_from(KEYS), st.lists(finite, min_size=1, max_size=3).map(tuple))


def file(entries: Sequence[tuple[bytes, float]]) -> WriterFile:
    """A file as if read: these keys, these values."""
    read = WriterFile("", "counter_7.db", (0, 0), FileName("counter", "", "7"))
    read.layout = Layout(0, tuple(key for key, _ in entries), "")
    read.values = tuple(value for _, value in entries)
    return read


@given(st.lists(contents, max_size=6), archives)
def test_every_total_is_the_exact_sum_of_what_has_its_place(
    files: list[list[tuple[bytes, float]]], archived: dict[bytes, tuple[float, ...]]
) -> None:
    terms: dict[str, list[float]] = {}
    for key, values in [*((key, (value,)) for one in files for key, value in one), *archived.items()]:
        terms.setdefault(PLACES[key], []).extend(values)
    shown = sorted(terms, reverse=True)
    totals = Totals(PLACES, shown, [file(one) for one in files], archived)
    assert list(totals.now()) == [math.fsum(terms[place]) for place in shown]


def test_values_are_those_of_now() -> None:
    read = file([(b"a", 1.0), (b"b", 2.0)])
    totals = Totals(PLACES, ["b", "a"], [read], {})
    assert list(totals.now()) == [2.0, 1.0]
    read.values = (10.0, 20.0)
    assert list(totals.now()) == [20.0, 10.0]


def test_what_fsum_refuses_is_what_ieee_754_says() -> None:
    assert math.isnan(exact_sum([math.inf, -math.inf]))
    assert exact_sum([1.7e308, 1.7e308]) == math.inf


def test_a_picker_returns_a_tuple_of_any_length() -> None:
    assert [picker(indices)([1.0, 2.0, 3.0]) for indices in ([], [1], [2, 0])] == [(), (2.0,), (3.0, 1.0)]
