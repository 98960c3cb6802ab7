"""The exporter is killed at any step of a fold, or the directory is full: nothing is lost, nothing counts twice."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import Liveness
from tests.unit.exporter.folders import fold_until_step
from tests.unit.exporter.writers import fill, leave, mounted, sums, until, writers_files

COUNT = "Counter('c', 'help').inc(0.1)"
OBSERVE = "Histogram('h', 'help').observe(0.3)"
GAUGE = "Gauge('g', 'help').set(1)"
SIZE = 2 * 1024 * 1024


@contextlib.contextmanager
def exporter(directory: Path) -> Iterator[Folder]:
    """What folds in `directory`, started as after a restart."""
    with contextlib.ExitStack() as stack:
        liveness = stack.enter_context(contextlib.closing(Liveness(str(directory))))
        folder = Folder(str(directory), liveness, Archive(str(directory)), grace=0.0)
        yield stack.enter_context(contextlib.closing(folder))


def fold_all(folder: Folder) -> None:
    folder.fold()
    until(lambda: folder.fold() == 0 and folder.pending == 0)


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with one process in it, and the files of two more that have ended."""
    directory = tmp_path_factory.mktemp("dead")
    leave(directory, COUNT, OBSERVE, GAUGE, pid="1")
    with exporter(directory) as folder:
        fold_all(folder)
    leave(directory, COUNT, OBSERVE, GAUGE, pid="1")
    leave(directory, COUNT, pid="2")
    return directory


@pytest.mark.parametrize("opener", ["", "leased", "read", "payload half written"])
def test_a_kill_at_any_step_loses_nothing_and_counts_nothing_twice(dead: Path, tmp_path: Path, opener: str) -> None:
    truth = sums(dead)
    words = []
    for number in itertools.count():
        directory = tmp_path / str(number)
        shutil.copytree(dead, directory)
        word = fold_until_step(directory, number, opener=opener)
        with exporter(directory) as folder:
            assert sums(directory) == truth, f"after a kill at step {number}, {word}"
            fold_all(folder)
            assert writers_files(directory) == []
            assert sums(directory) == truth, f"folded after a kill at step {number}, {word}"
            assert not folder.faults.counts
        if not word:
            break
        words.append(word)
    print(f"killed at {len(words)} steps: {words}")
    assert {"leased", "renamed", "released"} <= set(words)
    assert opener or {"read", "slot blank", "payload half written", "payload written", "blob stored", "removed"} <= set(
        words
    )
    assert opener != "leased" or {"linked", "given back"} <= set(words)


def test_two_kills_in_a_row_lose_nothing(dead: Path, tmp_path: Path) -> None:
    truth = sums(dead)
    for first, second in itertools.product(range(1, 24, 5), range(1, 24, 7)):
        directory = tmp_path / f"{first}-{second}"
        shutil.copytree(dead, directory)
        fold_until_step(directory, first)
        fold_until_step(directory, second)
        with exporter(directory) as folder:
            fold_all(folder)
        assert sums(directory) == truth


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs") as directory:
        yield directory


def test_a_full_directory_is_folded_from_the_reserve(small: Path) -> None:
    with exporter(small) as folder:
        leave(small, COUNT, OBSERVE)
        truth = sums(small)
        fill(small / "ballast")
        fold_all(folder)
        assert writers_files(small) == []
        assert sums(small) == truth
        assert not folder.faults.counts
        assert os.statvfs(small).f_bavail > 0


def test_a_directory_that_was_full_before_us_is_freed_by_its_dead_gauges(small: Path) -> None:
    leave(small, COUNT, OBSERVE, GAUGE)
    truth = sums(small)
    fill(small / "ballast")
    with exporter(small) as folder:
        assert folder.faults.counts == {"reserve": 1}
        fold_all(folder)
        assert writers_files(small) == []
        assert sums(small) == truth
        assert "archive" not in folder.faults.counts


def test_where_nothing_can_be_freed_the_files_stay_until_it_can(small: Path) -> None:
    leave(small, COUNT, OBSERVE)
    truth = sums(small)
    fill(small / "ballast")
    with exporter(small) as folder:
        for failures in range(3):
            folder.fold()
            assert folder.faults.counts["archive"] == failures
            assert sums(small) == truth
        (small / "ballast").unlink()
        fold_all(folder)
        assert writers_files(small) == []
        assert sums(small) == truth


def test_dead_writers_at_ten_times_its_size_never_fill_a_directory(small: Path) -> None:
    written = processes = 0
    with exporter(small) as folder:
        while written < 10 * SIZE:
            leave(
                small,
                COUNT,
                "h = Histogram('h', 'help', ['n'])\n[h.labels(str(n)).observe(0.1) for n in range(40)]",
                "g = Gauge('g', 'help', ['n'])\n[g.labels('x' * 3000 + str(n)).set(n) for n in range(200)]",
            )
            processes += 1
            written += sum((small / entry).stat().st_blocks * 512 for entry in writers_files(small))
            fold_all(folder)
            assert os.statvfs(small).f_bavail > os.statvfs(small).f_blocks // 2
        assert not folder.faults.counts
    print(f"{processes} processes wrote {written} bytes")
    assert sum(value for (_, key), value in sums(small).items() if b"h_bucket" in key) == 40 * processes
