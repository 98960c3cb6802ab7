"""A Docker daemon where none answers: started here, and stopped here if it was.

A daemon that answers already is used as it is and never touched.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.kind import machine, runc_bounded
from tests.kind.command import run, succeeds
from tests.plane.cache import root
from tests.plane.process import tail
from tests.plane.progress import step
from tests.plane.waiting import eventually

START_SECONDS = 60.0

_started: list[subprocess.Popen[bytes]] = []
"""Kept, as Python complains of a process that outlives what stands for it."""


class DaemonError(Exception):
    """dockerd ended instead of serving; the message holds the end of its log."""


def ensure() -> None:
    """Have a Docker that answers."""
    machine.require("docker")
    if answers():
        return
    machine.require_root("to start dockerd")
    machine.require("dockerd", "containerd", "runc", "iptables")
    with step("dockerd", "starting") as current:
        _start()
        current.outcome = f"started, log: {_log()}"


def answers() -> bool:
    return succeeds("docker", "info")


def stop() -> bool:
    """Stop the daemon if it was started here and runs no container; whether it was stopped."""
    pid = _ours()
    if pid is None or run("docker", "ps", "--quiet").strip():
        return False
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not _is_dockerd(pid), "dockerd has ended")
    _pid_file().unlink()
    return True


def _start() -> None:
    _folder().mkdir(parents=True, exist_ok=True)
    runtime = _install_runtime()
    options = ["--storage-driver=overlay2", f"--add-runtime=bounded={runtime}", "--default-runtime=bounded"]
    with _log().open("ab") as log:
        # A session of its own: it outlives this run.
        process = subprocess.Popen(
            ["dockerd", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _started.append(process)
    _pid_file().write_text(f"{process.pid}\n")
    eventually(lambda: answers() or process.poll() is not None, "dockerd answers", START_SECONDS)
    if process.poll() is not None:
        raise DaemonError(f"dockerd ended with status {process.returncode}:\n{tail(_log())}")


def _install_runtime() -> Path:
    """A copy, for the daemon outlives this checkout; run by an interpreter that is of no environment."""
    target = _folder() / "runc-bounded"
    interpreter = Path(sys.executable).resolve()
    target.write_text(f"#!{interpreter} -IS\n{Path(runc_bounded.__file__).read_text()}")
    target.chmod(0o755)
    return target


def _ours() -> int | None:
    if not _pid_file().exists():
        return None
    pid = int(_pid_file().read_text())
    return pid if _is_dockerd(pid) else None


def _is_dockerd(pid: int) -> bool:
    """Whether the process is one, and not a later one with its number, nor its remains."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "Name:\tdockerd\n" in status and "State:\tZ" not in status


def _folder() -> Path:
    return root() / "docker"


def _log() -> Path:
    return _folder() / "dockerd.log"


def _pid_file() -> Path:
    return _folder() / "dockerd.pid"
