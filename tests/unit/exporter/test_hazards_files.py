"""Files that cannot be read: each costs itself, keeps its last good values, and is counted by its reason."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.exporter.programs import POOL
from tests.unit.exporter.scene import Scene

TOKENS = POOL[0]
SERIES = 'vllm:prompt_tokens_total{engine="0"}'


def entry(key: bytes, *doubles: float) -> bytes:
    """An entry as prometheus_client lays it out, which is with two doubles since 0.18."""
    padded = key + b" " * (8 - (len(key) + 4) % 8)
    return struct.pack(f"=i{len(padded)}s{len(doubles)}d", len(key), padded, *doubles)


def content(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("=i4x", 8 + len(body)) + body


def key(*parts: object) -> bytes:
    return json.dumps(parts, sort_keys=True).encode()


GOOD = entry(key("c", "c_total", {}, "help"), 1.0, 0.0)
BAD_FILES = {
    "empty": ("empty", b""),
    "cut within the header": ("short", b"\x10\x00\x00"),
    "cut within an entry": ("short", content(GOOD)[:-8]),
    "uses more than there is": ("short", struct.pack("=i4x", 1 << 30) + bytes(4096)),
    "uses less than nothing": ("garbled", struct.pack("=i4x", -8) + bytes(64)),
    "uses half a word": ("garbled", struct.pack("=i4x", 13) + bytes(64)),
    "a negative length": ("garbled", content(struct.pack("=i", -5) + bytes(36))),
    "a length beyond the end": ("garbled", content(struct.pack("=i", 4096) + bytes(36))),
    "a key that is no UTF-8": ("garbled", content(entry(b'["c", "c_total", {}, "\xff"]', 1.0, 0.0))),
    "a key that is no JSON": ("garbled", content(entry(b"c_total{} help", 1.0, 0.0))),
    "a key nested without end": ("garbled", content(entry(b"[" * 100_000, 1.0, 0.0))),
    "a key of numbers": ("garbled", content(entry(key("c", "c_total", {"a": 1}, "help"), 1.0, 0.0))),
    "a bucket without a bound": ("garbled", content(entry(key("h", "h_bucket", {}, "help"), 1.0, 0.0))),
    "a bucket bounded by a word": ("garbled", content(entry(key("h", "h_bucket", {"le": "x"}, "help"), 1.0, 0.0))),
    "of prometheus_client before 0.18": (
        "garbled",
        content(*(entry(key("c", "c_total", {"n": str(n)}, "help"), 1.0) for n in range(5))),
    ),
    "of prometheus_client before 0.16": ("garbled", content(entry(key("c", "c_total", ["a"], ["b"]), 1.0, 0.0))),
}


@pytest.mark.parametrize(("reason", "data"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_costs_itself_alone(scene: Scene, reason: str, data: bytes) -> None:
    scene.program("7").metric(TOKENS, "0").inc(3)
    (scene.directory / "counter_8.db").write_bytes(data)
    assert scene.lines() == [f"{SERIES} 3.0"]
    assert scene.collector.reader.errors == {reason: 1}
    assert scene.collector.status()["damaged"] == {"counter_8.db": reason}


@pytest.mark.parametrize(("reason", "data"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_goes_bad_keeps_its_last_good_values(scene: Scene, reason: str, data: bytes) -> None:
    for pid in ("7", "8"):
        scene.program(pid).metric(TOKENS, "0").inc(3)
    assert scene.lines() == [f"{SERIES} 6.0"]
    with open(scene.directory / "counter_8.db", "r+b") as file:
        file.truncate(0)
        file.write(data)
    assert scene.lines() == [f"{SERIES} 6.0"]
    assert scene.collector.reader.damaged == {"counter_8.db": reason}


def test_a_file_that_is_good_again_is_no_longer_damaged(scene: Scene) -> None:
    scene.program("7").metric(TOKENS, "0").inc(3)
    path = scene.directory / "counter_7.db"
    good = path.read_bytes()
    path.write_bytes(b"")
    assert scene.lines() == []
    path.write_bytes(good)
    assert scene.lines() == [f"{SERIES} 3.0"]
    assert scene.collector.reader.damaged == {}
    assert scene.collector.reader.errors == {"empty": 1}


def test_a_file_just_made_is_no_error(scene: Scene) -> None:
    (scene.directory / "counter_7.db").write_bytes(bytes(65536))
    assert scene.lines() == []
    assert scene.collector.reader.errors == {}


def test_an_entry_whose_length_is_not_there_yet_is_read_when_it_is(scene: Scene) -> None:
    """Where stores may be seen out of order (arm64), `used` may come before the entry that it covers."""
    path = scene.directory / "counter_7.db"
    second = entry(key("d", "d_total", {}, "help"), 2.0, 0.0)
    path.write_bytes(content(GOOD, bytes(len(second))))
    assert scene.lines() == ["c_total 1.0"]
    with open(path, "r+b") as file:
        file.write(content(GOOD, second))
    assert scene.lines() == ["c_total 1.0", "d_total 2.0"]
    assert scene.collector.reader.errors == {}


def test_two_processes_that_overwrite_each_others_file_cost_that_file(scene: Scene) -> None:
    """Containers that share a directory but not their pids: each appends where the other already has."""
    scene.program("7").metric(TOKENS, "0").inc(3)
    ours, theirs = scene.program("1"), scene.program("1")
    ours.metric(TOKENS, "0").inc(1)
    theirs.metric(TOKENS, "a longer label").inc(1)
    ours.metric(TOKENS, "1").inc(1)
    theirs.metric(POOL[1], "/v1", "200").inc(1)
    assert f"{SERIES} 3.0" in scene.lines() or f"{SERIES} 4.0" in scene.lines()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.mkdir()


def _dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


@pytest.mark.parametrize(("make", "reasons"), [(_fifo, {"empty"}), (_directory, {"unreadable"}), (_dangling, set())])
def test_what_is_no_file_holds_nobody_up(scene: Scene, make: Callable[[Path], None], reasons: set[str]) -> None:
    scene.program("7").metric(TOKENS, "0").inc(3)
    make(scene.directory / "counter_8.db")
    assert scene.lines() == [f"{SERIES} 3.0"]
    assert set(scene.collector.reader.errors) == reasons


def test_a_file_that_claims_more_than_any_writer_has_is_not_read(scene: Scene) -> None:
    path = scene.directory / "counter_8.db"
    with open(path, "wb") as file:
        file.write(struct.pack("=i4x", 1 << 29))
        file.truncate(1 << 29)
    assert scene.lines() == []
    assert scene.collector.reader.errors == {"unreadable": 1}


def test_files_of_others_are_left_alone(scene: Scene) -> None:
    scene.program("7").metric(TOKENS, "0").inc(3)
    for name in ("notes.db", "gauge_average_7.db", "counter_.db", "counter_7.db.bak", ".rayscope-note", "README"):
        (scene.directory / name).write_bytes(content(GOOD))
    assert scene.lines() == [f"{SERIES} 3.0"]
    assert scene.collector.reader.damaged == dict.fromkeys(("notes.db", "gauge_average_7.db", "counter_.db"), "foreign")


def test_a_file_that_vanishes_is_gone_and_no_error(scene: Scene) -> None:
    for pid in ("7", "8"):
        scene.program(pid).metric(TOKENS, "0").inc(3)
    assert scene.lines() == [f"{SERIES} 6.0"]
    (scene.directory / "counter_8.db").unlink()
    assert scene.lines() == [f"{SERIES} 3.0"]
    assert scene.collector.reader.errors == {}


def test_another_file_of_the_same_name_is_another_file(scene: Scene) -> None:
    """A pid comes back, and a file system may hand out the same inode at once; even the length may be the same."""
    first, second = scene.program("7"), scene.program("7")
    first.metric(TOKENS, "0").inc(3)
    assert scene.lines() == [f"{SERIES} 3.0"]
    first.die()
    (scene.directory / "counter_7.db").unlink()
    second.metric(TOKENS, "1").inc(5)
    assert scene.lines() == ['vllm:prompt_tokens_total{engine="1"} 5.0']


def test_a_directory_that_is_not_there_has_no_samples(scene: Scene) -> None:
    scene.directory.rmdir()
    assert scene.lines() == []
    assert scene.collector.reader.errors == {}
    scene.directory.mkdir()
    scene.program("7").metric(TOKENS, "0").inc(3)
    assert scene.lines() == [f"{SERIES} 3.0"]


def test_a_file_is_read_while_it_grows(scene: Scene) -> None:
    program = scene.program("7")
    for number in range(300):
        program.metric(TOKENS, f"engine {number}" + "x" * 400).inc()
        if number % 50 == 0:
            assert len(scene.lines()) == number + 1
    assert (scene.directory / "counter_7.db").stat().st_size > 65536
    assert len(scene.lines()) == 300
