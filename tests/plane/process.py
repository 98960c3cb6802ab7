"""A plane's processes: started together in one process group, stopped one by one by their ids.

The group is not the terminal's, so that Ctrl-C reaches only the run itself, which then stops things in order.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.plane import warden

TAIL_LINES = 25
TAIL_WIDTH = 400


class Group:
    """The process group of one plane. However this run ends, its members end too (see warden.py)."""

    def __init__(self, disposable: Path | None) -> None:
        """DISPOSABLE is the directory to delete if this run dies before it can do so itself."""
        command = [sys.executable, "-I", "-S", warden.__file__, *([str(disposable)] if disposable else [])]
        self._warden = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)

    @property
    def id(self) -> int:
        return self._warden.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let the warden go, which by now is the only member."""
        self._warden.communicate(b"all stopped")


class Process:
    """One running program; what it says is appended to its log file."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, group: Group, directory: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self._log_began = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                cwd=directory,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=group.id,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def exit_status(self) -> int | None:
        """None while it runs; negative for the number of a signal."""
        return self._popen.poll()

    def has_said(self, text: str) -> bool:
        """Whether its log has TEXT, since this start."""
        with self.log.open("rb") as log:
            log.seek(self._log_began)
            return text.encode() in log.read()

    def stop(self, patience: float = 10.0) -> int:
        """End it politely, after PATIENCE seconds by force; its exit status."""
        self._popen.terminate()
        try:
            return self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End it as a crash would."""
        self._popen.kill()
        return self._popen.wait()


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, long ones cut short; nothing of one that is not there."""
    if not log.exists():
        return ""
    return "\n".join(line[:TAIL_WIDTH] for line in log.read_text(errors="replace").splitlines()[-lines:])
