"""What the dead have counted, kept."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rayscope.exporter.archive.archive import ADDITIVE, Archive, Key, Share, added
from rayscope.exporter.archive.partials import Partials

keys = st.tuples(st.sampled_from(ADDITIVE), st.binary(min_size=1, max_size=60))
partials = st.lists(st.floats(allow_nan=False), min_size=1, max_size=5).map(tuple)
names = st.frozensets(
    st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1), max_size=4
)


@given(st.dictionaries(keys, partials, max_size=20), names)
def test_what_is_stored_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, sums: dict[Key, Partials], folded: frozenset[str]
) -> None:
    directory = str(tmp_path_factory.mktemp("archive"))
    Archive(directory).store(sums, folded)
    archive = Archive(directory)
    assert archive.sums == sums
    assert archive.folded == folded


def test_an_archive_that_is_not_there_is_empty(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    assert (archive.sums, archive.folded, archive.errors) == ({}, frozenset(), 0)
    assert list(tmp_path.iterdir()) == []


def test_it_grows_by_shares_exactly(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    for _ in range(10):
        archive.store(added(archive.sums, [Share("counter", (b"k", b"l"), (0.1, 1.0))]), frozenset())
    kept = Archive(str(tmp_path)).sums
    assert math.fsum(kept["counter", b"k"]) == math.fsum([0.1] * 10) != sum([0.1] * 10)
    assert kept["counter", b"l"] == (10.0,)


def test_adding_leaves_the_sums_as_they_were() -> None:
    before: dict[Key, Partials] = {("counter", b"k"): (1.0,)}
    assert added(before, [Share("counter", (b"k",), (2.0,))]) == {("counter", b"k"): (3.0,)}
    assert before == {("counter", b"k"): (1.0,)}


def test_nan_and_infinity_are_kept(tmp_path: Path) -> None:
    Archive(str(tmp_path)).store({("summary", b"n"): (math.nan,), ("summary", b"i"): (-math.inf,)}, frozenset())
    kept = Archive(str(tmp_path)).sums
    assert math.isnan(*kept["summary", b"n"])
    assert kept["summary", b"i"] == (-math.inf,)


def test_a_damaged_archive_is_counted_once_and_set_aside(tmp_path: Path) -> None:
    (tmp_path / ".rayscope-archive.a").write_bytes(b"rubbish that cannot be an archive")
    archive = Archive(str(tmp_path))
    archive.load()
    assert (archive.sums, archive.errors) == ({}, 1)
    archive.clear_unreadable()
    archive.load()
    assert archive.errors == 1
    assert [file.name for file in tmp_path.iterdir()] == [".rayscope-archive.a.unreadable"]


def test_a_damaged_generation_falls_back_to_the_one_before(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    archive.store({("counter", b"k"): (1.0,)}, frozenset())
    archive.store({("counter", b"k"): (2.0,)}, frozenset())
    (tmp_path / ".rayscope-archive.a").write_bytes(b"rubbish that cannot be an archive")
    archive = Archive(str(tmp_path))
    assert (archive.sums, archive.errors) == ({("counter", b"k"): (1.0,)}, 1)
    archive.clear_unreadable()
    archive.store({("counter", b"k"): (3.0,)}, frozenset())
    assert Archive(str(tmp_path)).sums == {("counter", b"k"): (3.0,)}
