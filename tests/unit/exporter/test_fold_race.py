"""Writers that open the same pid's files again and again, against a folder that never rests: nothing may be lost."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.layout import Damaged, parse
from rayscope.exporter.files.lease import has_writer, survive_breaks
from rayscope.exporter.files.liveness import Liveness
from tests.unit.exporter.folders import fold_until_step
from tests.unit.exporter.writers import COUNTER_KEY, file_system, total, until, writers_files

WRITERS = 3
INCREMENTS = 34_000
GRACE_SECONDS = 0.25
"""Enough for any opener on a busy machine, and short enough that thousands of files are folded meanwhile."""

# The loop at the end leaves the file closed for a while, never the same: a folder comes upon it anywhere in its work.
_PROGRAM = """
import sys
from prometheus_client.mmap_dict import MmapedDict

path, key, increments = sys.argv[1], sys.argv[2], int(sys.argv[3])
for number in range(increments):
    file = MmapedDict(path)
    value, _ = file.read_value(key)
    file.write_value(key, value + 1.0, 0.0)
    file.close()
    for _ in range(number * 7919 % 2048):
        pass
"""


@pytest.fixture(params=["tmpfs", "ext4"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A directory on the file system of that type: in memory, as Rayscope mounts it, and on a disk."""
    with contextlib.ExitStack() as stack:
        place = tmp_path
        if request.param == "tmpfs":
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm")))
        if file_system(place) != request.param:
            pytest.skip(f"{place} is on {file_system(place)}")
        yield place


def test_no_increment_is_lost_to_a_folder_running_flat_out(directory: Path) -> None:
    steps: Counter[str] = Counter()
    liveness = Liveness(str(directory))
    archive = Archive(str(directory))
    folder = Folder(str(directory), liveness, archive, grace=GRACE_SECONDS, step=lambda word: steps.update([word]))
    writers = start_writers(directory, INCREMENTS)
    while any(writer.poll() is None for writer in writers):
        folder.fold()
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    until(lambda: folder.fold() == 0 and not writers_files(directory))
    print(f"{directory}: {dict(steps)}, {folder.finished} files folded")
    assert total(directory) == WRITERS * INCREMENTS
    assert steps["removed"] == folder.finished > WRITERS
    assert steps["given back"] > 0
    assert not folder.faults.counts
    folder.close()
    liveness.close()


def test_no_increment_is_lost_to_a_folder_that_is_killed_again_and_again(directory: Path) -> None:
    killed_at: Counter[str] = Counter()
    writers = start_writers(directory, INCREMENTS // 4)
    while any(writer.poll() is None for writer in writers):
        step = 7 * killed_at.total() % 61
        killed_at.update([fold_until_step(directory, step, grace=GRACE_SECONDS)])
    assert [writer.wait() for writer in writers] == [0] * WRITERS
    fold_until_step(directory, -1)
    print(f"{directory}: killed at {dict(killed_at)}")
    assert total(directory) == WRITERS * (INCREMENTS // 4)
    assert killed_at.total() >= 3


def test_these_writers_do_lose_to_a_folder_that_only_tests_and_removes(directory: Path) -> None:
    survive_breaks()
    counted = 0.0
    writers = start_writers(directory, INCREMENTS // 10)
    while any(writer.poll() is None for writer in writers):
        for name in writers_files(directory):
            counted += naive_fold(directory / name)
    assert counted + total(directory) < WRITERS * (INCREMENTS // 10)


def naive_fold(file: Path) -> float:
    """What a file without a writer counts; it is then removed. One that was opened just now may be empty still."""
    if has_writer(str(file)):
        return 0.0
    data = file.read_bytes()
    file.unlink()
    with contextlib.suppress(Damaged):
        return math.fsum(parse(data).values(data))
    return 0.0


def start_writers(directory: Path, increments: int) -> list[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", _PROGRAM]
    paths = [str(directory / f"counter_{pid}.db") for pid in range(WRITERS)]
    return [subprocess.Popen([*command, path, COUNTER_KEY, str(increments)]) for path in paths]
