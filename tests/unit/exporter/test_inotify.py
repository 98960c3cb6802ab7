"""What the kernel tells of a directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rayscope.exporter.files.inotify import Missed, Watch

QUEUED_EVENTS = Path("/proc/sys/fs/inotify/max_queued_events")


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with contextlib.closing(Watch(str(tmp_path))) as watch:
        yield watch


def test_nothing_is_told_while_nothing_happens(watch: Watch) -> None:
    assert watch.names() == set()


def test_a_file_that_loses_a_writer_is_told(watch: Watch, tmp_path: Path) -> None:
    with open(tmp_path / "counter_1.db", "a+b"):
        assert watch.names() == set()
    assert watch.names() == {"counter_1.db"}


def test_a_reader_is_not_told(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "counter_1.db"
    file.touch()
    watch.names()
    file.read_bytes()
    assert watch.names() == set()


def test_removed_and_renamed_files_are_told(watch: Watch, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).touch()
    watch.names()
    (tmp_path / "one").unlink()
    (tmp_path / "two").rename(tmp_path / "three")
    assert watch.names() == {"one", "two", "three"}


def test_lost_events_are_told_as_such(watch: Watch, tmp_path: Path) -> None:
    for number in range(int(QUEUED_EVENTS.read_text()) // 2 + 1):
        file = tmp_path / f"{number % 2}"
        file.touch()
        file.unlink()
    with pytest.raises(Missed) as missed:
        watch.names()
    assert not missed.value.ended


def test_the_end_of_the_directory_is_told(watch: Watch, tmp_path: Path) -> None:
    tmp_path.rmdir()
    with pytest.raises(Missed) as missed:
        watch.names()
    assert missed.value.ended


def test_a_directory_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Watch(str(tmp_path / "missing"))
