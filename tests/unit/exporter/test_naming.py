"""Names taken away and given back."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rayscope.exporter.files.lease import Lease, survive_breaks
from rayscope.exporter.files.naming import drop_second_names, give_back, name_away, original_name, take_away


@given(st.text(st.characters(exclude_characters="\0/"), min_size=1, max_size=40).map(lambda pid: f"counter_{pid}.db"))
def test_a_name_taken_away_says_whose_it_is_and_no_stock_reader_finds_it(name: str) -> None:
    away = name_away(name)
    assert original_name(away) == name
    assert not away.endswith(".db")
    assert away.startswith(".")
    assert name_away(name) != away


@pytest.mark.parametrize("entry", ["counter_1.db", ".rayscope-archive.a", ".counter_1.db.rayscope-folding-1", ""])
def test_other_names_were_not_taken_away(entry: str) -> None:
    assert original_name(entry) is None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    survive_breaks()
    file = tmp_path / "counter_1.db"
    file.write_bytes(b"content")
    return file


def test_a_file_is_taken_away(file: Path) -> None:
    with contextlib.closing(Lease(str(file))) as lease:
        away = take_away(str(file.parent), file.name, lease)
    assert os.listdir(file.parent) == [away]


def test_a_file_that_somebody_is_just_opening_keeps_its_name(file: Path) -> None:
    steps: list[str] = []
    with contextlib.closing(Lease(str(file))) as lease:
        with contextlib.suppress(BlockingIOError):
            os.open(file, os.O_RDWR | os.O_NONBLOCK)
        assert take_away(str(file.parent), file.name, lease, steps.append) is None
    assert os.listdir(file.parent) == [file.name]
    assert steps == ["renamed", "linked", "given back"]


def test_a_name_that_has_a_new_file_is_not_given_back(file: Path) -> None:
    away = name_away(file.name)
    file.rename(file.with_name(away))
    file.write_bytes(b"the next process's")
    give_back(str(file.parent), away)
    assert file.read_bytes() == b"the next process's"
    assert file.with_name(away).read_bytes() == b"content"


def test_a_file_with_both_names_loses_the_second(file: Path) -> None:
    os.link(file, file.with_name(name_away(file.name)))
    drop_second_names(str(file.parent))
    assert os.listdir(file.parent) == [file.name]


def test_two_files_keep_their_names(file: Path) -> None:
    file.with_name(name_away(file.name)).write_bytes(b"another file")
    drop_second_names(str(file.parent))
    assert len(os.listdir(file.parent)) == 2


def test_a_name_that_goes_while_second_names_are_dropped_keeps_no_other_from_being_dropped(file: Path) -> None:
    os.link(file, file.with_name(name_away(file.name)))
    gone = file.with_name("counter_2.db")
    gone.symlink_to(file.with_name("nowhere"))
    gone.with_name(name_away(gone.name)).write_bytes(b"another file")
    drop_second_names(str(file.parent))
    assert file.name not in map(original_name, os.listdir(file.parent))
