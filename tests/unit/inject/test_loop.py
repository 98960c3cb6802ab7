"""The shell loop, run by real shells: the container lives whatever the program does, and ends when it is told to.

Waiting is reading: a line that the loop or the program writes, or the end of their output, which comes only when every
process that was started has ended. `sleep` is replaced on PATH where a test needs pauses to be short, or endless.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rayscope.inject.loop import LOOP

SHELLS = [shell for shell in ("/bin/sh", "dash", "bash", "busybox") if shutil.which(shell)]
LIMIT_S = 30
"""For anything to happen that happens at once on an idle machine."""

SHORT = "exec /bin/sleep 0.01"
ENDLESS = "case $1 in 0.5) exec /bin/sleep 0.5 ;; *) exec /bin/sleep 600 ;; esac"

LIVES = "import signal\nprint('up', flush=True)\nsignal.pause()\n"
IGNORES_SIGTERM = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LIVES
FAILS = "print('up', flush=True)\nraise SystemExit(3)\n"
IS_KILLED = "import os, signal\nprint('up', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
LEAVES_AN_ORPHAN = "import os\nprint('up', flush=True)\nos.fork() or os._exit(0)\nraise SystemExit(1)\n"
TELLS = (
    "import signal, sys\n"
    "print('isolated', sys.flags.isolated, 'no bytecode', sys.flags.dont_write_bytecode, *sys.argv[1:], flush=True)\n"
    "signal.pause()\n"
)


class Container:
    """The loop in a shell, with a PATH and a program of its own."""

    def __init__(self, shell: str, place: Path) -> None:
        self.program = place / "exporter.pyz"
        self._bin = place / "bin"
        self._bin.mkdir()
        self._shell = [shell, "sh"] if shell == "busybox" else [shell]
        self.process: subprocess.Popen[str] | None = None

    def executable(self, name: str, code: str) -> None:
        file = self._bin / name
        file.write_text(f"#!/bin/sh\n{code}\n")
        file.chmod(0o755)

    def start(self, pauses: str = SHORT, python: str | None = "python3") -> None:
        self.executable("sleep", pauses)
        if python:
            self.executable(python, f'exec {sys.executable} "$@"')
        shell = shutil.which(self._shell[0]) or self._shell[0]
        self.process = subprocess.Popen(
            [shell, *self._shell[1:], "-c", LOOP, "rayscope-exporter", str(self.program), "--port", "9475"],
            env={"PATH": str(self._bin)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=_adopt_orphans,  # noqa: PLW1509 - nothing runs between fork and exec but one system call
        )

    def says(self, text: str) -> str:
        """The next line that has `text` in it."""
        assert self.process
        assert self.process.stdout
        with self._impatience():
            for line in self.process.stdout:
                if text in line:
                    return line
        raise AssertionError(f"ended, or was silent for {LIMIT_S} s, before it said {text!r}")

    def ends(self) -> int:
        """The exit status, once every process of the container has ended."""
        assert self.process
        with self._impatience():
            self.process.communicate()
        return self.process.returncode

    def tell(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def _impatience(self) -> _Alarm:
        return _Alarm(self.destroy)

    def destroy(self) -> None:
        """End whatever is left; nothing is, where the loop does its work."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


class _Alarm:
    """Do something if a block takes longer than the limit."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._timer = threading.Timer(LIMIT_S, action)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()


def _adopt_orphans() -> None:
    """Be to orphans what process 1 of a container is to them (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(36, 1)


@pytest.fixture(params=SHELLS)
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    container = Container(request.param, tmp_path)
    yield container
    container.destroy()
    if container.process and container.process.stdout:
        container.process.wait()
        container.process.stdout.close()


def test_sigterm_ends_a_running_program(container: Container) -> None:
    container.program.write_text(LIVES)
    container.start(ENDLESS)
    container.says("up")
    container.tell(signal.SIGTERM)
    assert container.ends() == 0


def test_sigterm_ends_a_program_that_does_not_listen(container: Container) -> None:
    container.program.write_text(IGNORES_SIGTERM)
    container.start(ENDLESS)
    container.says("up")
    container.tell(signal.SIGTERM)
    assert container.ends() == 0


def test_sigterm_ends_the_wait_for_the_program(container: Container) -> None:
    container.start(ENDLESS)
    container.says("waiting")
    container.tell(signal.SIGTERM)
    assert container.ends() == 0


def test_sigterm_ends_idleness(container: Container) -> None:
    container.start(ENDLESS, python=None)
    container.says("idle")
    container.tell(signal.SIGTERM)
    assert container.ends() == 0


def test_sigterm_ends_the_pause_after_a_crash(container: Container) -> None:
    container.program.write_text(FAILS)
    container.start(ENDLESS)
    container.says("ended with status 3")
    container.tell(signal.SIGTERM)
    assert container.ends() == 0


@pytest.mark.parametrize("other", [signal.SIGINT, signal.SIGQUIT])
def test_another_stop_signal_of_the_image_does_the_same(container: Container, other: signal.Signals) -> None:
    container.program.write_text(LIVES)
    container.start(ENDLESS)
    container.says("up")
    container.tell(other)
    assert container.ends() == 0


def test_a_program_that_comes_later_is_started(container: Container) -> None:
    container.start()
    container.says("waiting: there is no")
    container.program.write_text(LIVES)
    assert container.says("") == "up\n", "it says once that it waits"


def test_without_any_python_the_container_says_so_and_lives(container: Container) -> None:
    container.program.write_text(LIVES)
    container.start(python=None)
    container.says("idle: there is no python3 or python on PATH")
    container.executable("python3", f'exec {sys.executable} "$@"')
    assert container.says("") == "up\n", "it says once that it is idle"


def test_python_by_its_other_name_will_do(container: Container) -> None:
    container.program.write_text(LIVES)
    container.start(python="python")
    container.says("up")


def test_the_program_gets_its_arguments_and_an_isolated_python(container: Container) -> None:
    container.program.write_text(TELLS)
    container.start()
    assert container.says("isolated") == "isolated 1 no bytecode 1 --port 9475\n"


@pytest.mark.parametrize(("program", "status"), [(FAILS, 3), (IS_KILLED, 137)], ids=["failure", "out of memory"])
def test_a_program_that_dies_is_started_again_and_again(container: Container, program: str, status: int) -> None:
    container.program.write_text(program)
    container.start()
    for pause in (1, 5, 30, 30):
        container.says("up")
        container.says(f"ended with status {status}; starting it again in {pause} s")
    container.program.write_text(LIVES)
    container.says("up")


def test_a_python_that_cannot_start_the_program_does_not_end_the_container(container: Container) -> None:
    container.program.write_bytes(b"PK\x03\x04 no zipapp at all")
    container.start()
    container.says("ended with status 1")
    container.program.write_text(LIVES)
    container.says("up")


def test_the_dead_do_not_pile_up(container: Container) -> None:
    container.program.write_text(LEAVES_AN_ORPHAN)
    container.start()
    for _ in range(20):
        container.says("ended with status 1")
    assert container.process
    shell = container.process.pid
    children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    assert len(children) < 5, "every crash left two processes to reap"


def test_kubernetes_finds_nothing_to_expand() -> None:
    assert "$(" not in LOOP
    assert "$$" not in LOOP


def test_the_pod_carries_no_comments() -> None:
    assert not [line for line in LOOP.splitlines() if not line.strip() or line.lstrip().startswith("#")]
    assert len(LOOP) < 1500
