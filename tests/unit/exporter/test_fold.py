"""Files of ended processes become sums, and nothing else ever does."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.layout import parse
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.files.naming import original_name
from tests.unit.exporter.writers import (
    COUNTER_KEY,
    CounterFile,
    Writer,
    leave,
    mounted,
    sums,
    total,
    until,
    writers_files,
)

COUNT = "c = Counter('c', 'help')\nc.inc()"
OBSERVE = "h = Histogram('h', 'help')\nh.observe(0.1)\ns = Summary('s', 'help')\ns.observe(0.2)"
GAUGE = "Gauge('g', 'help', multiprocess_mode='mostrecent').set(4)"


class Exporter:
    """What folds, with a log of its steps."""

    def __init__(self, directory: Path, grace: float = 0.0) -> None:
        self.steps: list[str] = []
        self.liveness = Liveness(str(directory))
        self.archive = Archive(str(directory), self.steps.append)
        self.folder = Folder(str(directory), self.liveness, self.archive, grace=grace, step=self.steps.append)

    def fold_all(self) -> None:
        """Fold until nothing is under way."""
        self.folder.fold()
        until(lambda: self.folder.fold() == 0 and self.folder.pending == 0)

    def close(self) -> None:
        self.folder.close()
        self.liveness.close()


@pytest.fixture
def exporter(tmp_path: Path) -> Iterator[Exporter]:
    exporter = Exporter(tmp_path)
    yield exporter
    exporter.close()


def test_a_dead_writers_sums_are_kept_and_its_files_removed(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, OBSERVE)
    before = sums(tmp_path)
    exporter.fold_all()
    assert writers_files(tmp_path) == []
    assert sums(tmp_path) == before
    assert len(before) == 19
    assert exporter.folder.finished == 3


def test_the_sums_of_many_are_exact(exporter: Exporter, tmp_path: Path) -> None:
    amounts = [0.1, 1e16, 3.3, 1e-9, 7e8]
    for amount in amounts:
        leave(tmp_path, f"Counter('c', 'help').inc({amount!r})")
        exporter.fold_all()
    assert total(tmp_path) == math.fsum(amounts)


def test_a_dead_writers_gauge_is_dropped(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, GAUGE)
    exporter.fold_all()
    assert writers_files(tmp_path) == []
    assert exporter.archive.sums == {}


def test_a_living_writers_files_are_left_alone(exporter: Exporter, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, OBSERVE, GAUGE) as writer:
        before = {entry: (tmp_path / entry).stat().st_ino for entry in writers_files(tmp_path)}
        exporter.fold_all()
        writer.run("c.inc(41)")
        assert {entry: (tmp_path / entry).stat().st_ino for entry in writers_files(tmp_path)} == before
    exporter.fold_all()
    assert sum(value for (kind, _), value in sums(tmp_path).items() if kind == "counter") == 42.0


def test_a_process_of_which_one_file_has_a_writer_is_alive(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, OBSERVE, GAUGE, pid="1")
    with Writer(tmp_path, COUNT, pid="1"):
        exporter.fold_all()
        assert len(writers_files(tmp_path)) == 4


def test_a_pid_used_again_before_folding_goes_on_with_its_file(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, pid="1")
    with Writer(tmp_path, COUNT, pid="1"):
        exporter.fold_all()
        assert writers_files(tmp_path) == ["counter_1.db"]
        assert total(tmp_path) == 2.0


def test_a_pid_used_again_after_folding_counts_on_top(exporter: Exporter, tmp_path: Path) -> None:
    for _ in range(3):
        leave(tmp_path, COUNT, pid="1")
        exporter.fold_all()
    with Writer(tmp_path, COUNT, pid="1"):
        assert total(tmp_path) == 4.0


def test_a_pid_used_again_while_its_file_is_away_gets_a_new_one(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, pid="1")
    exporter.folder.fold()
    with Writer(tmp_path, COUNT, pid="1"):
        assert len(writers_files(tmp_path)) == 2
        exporter.fold_all()
        assert writers_files(tmp_path) == ["counter_1.db"]
        assert total(tmp_path) == 2.0


def test_a_backlog_of_many_processes_is_folded(exporter: Exporter, tmp_path: Path) -> None:
    for pid in range(500):
        file = CounterFile(tmp_path / f"counter_{pid}.db")
        file.inc(pid)
        file.close()
    exporter.fold_all()
    assert writers_files(tmp_path) == []
    assert exporter.folder.finished == 500
    assert total(tmp_path) == sum(range(500))


def test_a_file_waits_for_the_end_of_the_grace_period(tmp_path: Path) -> None:
    exporter = Exporter(tmp_path, grace=3600.0)
    leave(tmp_path, COUNT, pid="1")
    for _ in range(3):
        assert exporter.folder.fold() == 0
    (entry,) = writers_files(tmp_path)
    assert original_name(entry) == "counter_1.db"
    assert exporter.folder.pending == 1
    assert total(tmp_path) == 1.0
    exporter.close()


def test_an_opener_that_found_the_file_before_it_was_taken_away_gets_it_back(
    exporter: Exporter, tmp_path: Path
) -> None:
    leave(tmp_path, COUNT, pid="1")
    exporter.folder.fold()
    (entry,) = writers_files(tmp_path)
    late = CounterFile(tmp_path / entry)
    exporter.folder.fold()
    assert writers_files(tmp_path) == ["counter_1.db"]
    late.inc()
    late.close()
    exporter.fold_all()
    assert writers_files(tmp_path) == []
    assert total(tmp_path) == 2.0


def test_a_late_opener_whose_name_is_taken_counts_beside_it(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, pid="1")
    exporter.folder.fold()
    (entry,) = writers_files(tmp_path)
    late = CounterFile(tmp_path / entry)
    with Writer(tmp_path, COUNT, pid="1"):
        exporter.folder.fold()
        late.inc(4)
        assert writers_files(tmp_path) == sorted([entry, "counter_1.db"])
        assert total(tmp_path) == 6.0
    late.close()
    exporter.fold_all()
    assert total(tmp_path) == 6.0


@pytest.mark.parametrize("moment", ["read", "payload written", "blob stored"])
def test_an_opener_that_comes_while_the_archive_is_written_keeps_its_file(tmp_path: Path, moment: str) -> None:
    came: list[str] = []

    def step(word: str) -> None:
        if word == moment and not came:
            came.append(word)
            with pytest.raises(BlockingIOError):
                os.open(tmp_path / entry, os.O_RDWR | os.O_NONBLOCK)

    exporter = Exporter(tmp_path)
    leave(tmp_path, COUNT, pid="1")
    leave(tmp_path, COUNT, pid="2")
    exporter.folder.fold()
    entry = writers_files(tmp_path)[0]
    exporter.close()
    archive, liveness = Archive(str(tmp_path), step), Liveness(str(tmp_path))
    folder = Folder(str(tmp_path), liveness, archive, grace=0.0, step=step)
    assert folder.fold() == 1
    assert came
    assert writers_files(tmp_path) == [entry]
    assert total(tmp_path) == 2.0
    assert entry not in Archive(str(tmp_path)).folded
    folder.close()
    liveness.close()


def test_what_cannot_be_read_stays_and_holds_up_nobody(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, pid="1")
    leave(tmp_path, COUNT, pid="2")
    with open(tmp_path / "counter_1.db", "r+b") as file:
        file.seek(8)
        file.write(b"\xff\xff\xff\x7f")
    exporter.fold_all()
    assert writers_files(tmp_path) == ["counter_1.db"]
    assert math.fsum(exporter.archive.sums["counter", COUNTER_KEY.encode()]) == 1.0


def test_what_a_writer_left_before_its_first_metric_is_removed(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / "counter_1.db").touch()
    (tmp_path / "histogram_2.db").write_bytes(bytes(65536))
    exporter.fold_all()
    assert writers_files(tmp_path) == []
    assert not exporter.folder.faults.counts


def test_files_of_others_are_left_alone(exporter: Exporter, tmp_path: Path) -> None:
    names = {"app.db", "counter_.db", "notes.txt", "gauge_never_1.db"}
    for name in names:
        (tmp_path / name).touch()
    exporter.fold_all()
    assert names <= set(os.listdir(tmp_path))


def test_a_second_exporter_only_reads_and_takes_over_when_the_first_ends(exporter: Exporter, tmp_path: Path) -> None:
    second = Exporter(tmp_path)
    assert (exporter.folder.owner, second.folder.owner) == (True, False)
    leave(tmp_path, COUNT)
    second.folder.fold()
    assert not second.steps
    exporter.fold_all()
    second.folder.fold()
    assert second.archive.sums == exporter.archive.sums
    exporter.folder.close()
    leave(tmp_path, COUNT)
    second.fold_all()
    assert second.folder.owner
    assert total(tmp_path) == 2.0
    second.close()


def test_a_new_exporter_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    for count in range(1, 4):
        exporter = Exporter(tmp_path)
        leave(tmp_path, COUNT, GAUGE)
        exporter.fold_all()
        exporter.close()
        assert total(tmp_path) == count


def test_nothing_is_folded_where_leases_do_not_work(tmp_path: Path) -> None:
    directory = tmp_path / "mount"
    with mounted(directory, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        leave(directory, COUNT, GAUGE, pid="1")
        subprocess.run(["mount", "-o", "remount,ro", str(directory)], check=True)
        exporter = Exporter(directory)
        exporter.fold_all()
        assert not exporter.liveness.works
        assert writers_files(directory) == ["counter_1.db", "gauge_mostrecent_1.db"]
        assert exporter.folder.faults.counts == {"lock": 3}
        exporter.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_another_users_files_are_not_folded(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    leave(tmp_path, COUNT, GAUGE, pid="1")
    program = (
        "import os\n"
        "from rayscope.exporter.archive.archive import Archive\n"
        "from rayscope.exporter.archive.fold import Folder\n"
        "from rayscope.exporter.files.liveness import Liveness\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "liveness = Liveness('.')\n"
        "assert liveness.works\n"
        "folder = Folder('.', liveness, Archive('.'), grace=0.0)\n"
        "print([folder.fold() for _ in range(3)], dict(folder.faults.counts))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[0, 0, 0] {}\n"
    assert writers_files(tmp_path) == ["counter_1.db", "gauge_mostrecent_1.db"]


def test_a_directory_that_vanishes_is_counted_and_survived(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directory.mkdir()
    exporter = Exporter(directory)
    for entry in os.listdir(directory):
        (directory / entry).unlink()
    directory.rmdir()
    assert exporter.folder.fold() == 0
    assert exporter.folder.faults.counts == {"list": 1}
    assert "No such file" in exporter.folder.faults.last
    exporter.close()


def test_a_process_that_reuses_the_pid_never_waits_for_a_file_to_be_parsed(exporter: Exporter, tmp_path: Path) -> None:
    leave(tmp_path, COUNT, pid="1")
    opened: list[str] = []

    def open_while_parsed(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is parse.__code__:
            for path in tmp_path.glob("*.db"):
                # BlockingIOError where a lease is held.
                os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
                opened.append(path.name)

    sys.setprofile(open_while_parsed)
    try:
        exporter.folder.fold()
    finally:
        sys.setprofile(None)
    assert opened == ["counter_1.db"]
