"""Who lives, by real processes that are stopped, killed, forked, or another user's."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rayscope.exporter.files.liveness import Liveness
from tests.unit.exporter.writers import Writer, mounted, until

COUNT = "Counter('c', 'help').inc()"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")


@pytest.fixture(params=[True, False], ids=["inotify", "polling"])
def liveness(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Liveness]:
    with contextlib.closing(Liveness(str(tmp_path), inotify=request.param)) as liveness:
        assert liveness.watching is request.param
        yield liveness


def now_alive(liveness: Liveness, name: str) -> bool | None:
    liveness.refresh()
    return liveness.writer_alive(name)


def test_leases_work_here_and_the_probe_leaves_nothing(liveness: Liveness, tmp_path: Path) -> None:
    assert liveness.works
    assert liveness.reason == ""
    assert list(tmp_path.iterdir()) == []


def test_a_writer_is_alive_until_it_is_killed(liveness: Liveness, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, pid="1"):
        assert now_alive(liveness, "counter_1.db") is True
    until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_a_writer_that_ends_by_itself_is_dead(liveness: Liveness, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, pid="1") as writer:
        assert now_alive(liveness, "counter_1.db") is True
        writer.end()
        until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_a_stopped_writer_is_alive(liveness: Liveness, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, pid="1") as writer:
        writer.signal(signal.SIGSTOP)
        until(lambda: "\nState:\tT" in Path(f"/proc/{writer.process.pid}/status").read_text())
        assert now_alive(liveness, "counter_1.db") is True


def test_a_forked_child_keeps_its_parents_file_alive(liveness: Liveness, tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    writer = Writer(tmp_path, COUNT, pid="1", descriptors=(read_end,))
    writer.run(f"os.fork() or (os.read({read_end}, 1), os._exit(0))")
    writer.kill()
    assert now_alive(liveness, "counter_1.db") is True
    os.close(write_end)
    os.close(read_end)
    until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_a_pid_that_is_used_again_is_alive_again(liveness: Liveness, tmp_path: Path) -> None:
    for _ in range(2):
        with Writer(tmp_path, COUNT, pid="1"):
            until(lambda: now_alive(liveness, "counter_1.db") is True)
        until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_a_writer_in_its_own_pid_namespace_is_seen(liveness: Liveness, tmp_path: Path) -> None:
    wrapper = ("unshare", "--pid", "--fork", "--kill-child=SIGKILL")
    if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a PID namespace is not permitted here")
    with Writer(tmp_path, COUNT, wrapper=wrapper):
        assert now_alive(liveness, "counter_1.db") is True
    until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_a_file_that_is_gone_has_no_writer(liveness: Liveness, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, pid="1"):
        assert now_alive(liveness, "counter_1.db") is True
        (tmp_path / "counter_1.db").unlink()
        until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_what_is_no_file_is_unknown(liveness: Liveness, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "counter_1.db")
    assert now_alive(liveness, "counter_1.db") is None


def test_an_answer_stands_until_the_next_round(liveness: Liveness, tmp_path: Path) -> None:
    with Writer(tmp_path, COUNT, pid="1"):
        assert now_alive(liveness, "counter_1.db") is True
    assert liveness.writer_alive("counter_1.db") is True


def test_a_death_among_lost_events_is_noticed(tmp_path: Path) -> None:
    with contextlib.closing(Liveness(str(tmp_path))) as liveness:
        with Writer(tmp_path, COUNT, pid="1"):
            assert now_alive(liveness, "counter_1.db") is True
            for number in range(int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) // 2 + 1):
                file = tmp_path / f"{number % 2}"
                file.touch()
                file.unlink()
        until(lambda: now_alive(liveness, "counter_1.db") is False)
        assert liveness.watching


def test_a_watch_that_ends_gives_way_to_polling(tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    directory.mkdir()
    with contextlib.closing(Liveness(str(directory))) as liveness:
        directory.rmdir()
        directory.mkdir()
        with Writer(directory, COUNT, pid="1"):
            assert now_alive(liveness, "counter_1.db") is True
            assert not liveness.watching
        until(lambda: now_alive(liveness, "counter_1.db") is False)


def test_leases_cannot_be_tried_where_nothing_can_be_written(tmp_path: Path) -> None:
    directory = tmp_path / "mount"
    with mounted(directory, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        liveness = Liveness(str(directory))
        assert not liveness.works
        assert liveness.reason == "EROFS: Read-only file system"
        assert liveness.writer_alive("counter_1.db") is None
        liveness.close()


@needs_root
def test_another_users_file_is_unknown_while_our_own_are_known(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with Writer(tmp_path, COUNT, pid="1"):
        seen = as_nobody(tmp_path, "counter_1.db")
    assert seen == {"works": True, "reason": "", "alive": None}


@needs_root
def test_a_file_of_our_own_is_known_without_any_capability(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with Writer(tmp_path, COUNT, pid="1"):
        os.chown(tmp_path / "counter_1.db", 65534, 65534)
        assert as_nobody(tmp_path, "counter_1.db") == {"works": True, "reason": "", "alive": True}
    assert as_nobody(tmp_path, "counter_1.db") == {"works": True, "reason": "", "alive": False}


@needs_root
def test_a_directory_in_which_we_may_not_write_is_nothing_to_judge_by(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with Writer(tmp_path, COUNT, pid="1"):
        seen = as_nobody(tmp_path, "counter_1.db")
    assert seen == {"works": False, "reason": "EACCES: Permission denied", "alive": None}


@needs_root
def test_refused_leases_are_told_and_the_probe_is_removed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    probe = tmp_path / ".rayscope-probe"
    probe.touch()
    probe.chmod(0o666)
    seen = as_nobody(tmp_path, "counter_1.db")
    assert seen == {"works": False, "reason": "EACCES: Permission denied", "alive": None}
    assert not probe.exists()


def as_nobody(directory: Path, name: str) -> dict[str, object]:
    """What an exporter without rights of its own sees; it is started in the directory, whose parents may be private."""
    program = (
        "import json, os, sys\n"
        "from rayscope.exporter.files.liveness import Liveness\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "liveness = Liveness('.')\n"
        "alive = liveness.writer_alive(sys.argv[1])\n"
        "print(json.dumps({'works': liveness.works, 'reason': liveness.reason, 'alive': alive}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name], cwd=directory, capture_output=True, text=True, check=True
    )
    seen: dict[str, object] = json.loads(done.stdout)
    return seen
