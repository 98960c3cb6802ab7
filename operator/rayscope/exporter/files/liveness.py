"""Which files of the directory have a writer. The lease test is the truth; inotify says when to ask it again.

Where leases do not work (another user, another file system, a sandbox) every answer is None: nobody may then take a
process for dead. Must never open a writer's file for writing, nor keep one open.
"""

from __future__ import annotations

import errno
import os
import time

from rayscope.exporter.files.inotify import Missed, Watch
from rayscope.exporter.files.lease import has_writer, survive_breaks

PROBE = ".rayscope-probe"
RETEST_SECONDS = 30.0
"""Everything is tested again after that, whatever inotify has said: 7 to 9 microseconds a file."""
POLL_SECONDS = 1.0
"""The same where inotify is missing."""
SUSPICION_SECONDS = 2.0
"""How long a file is tested again and again after an event: the kernel tells of a close just before it counts it."""


class Liveness:
    """Answers from one directory; make it in the main thread. Not thread-safe: whoever scrapes and folds takes turns.

    `works`: whether leases tell writers here, as found with a file of our own; `reason`: why not, else empty.
    `watching`: whether inotify is there; without it an answer may be POLL_SECONDS old.
    """

    def __init__(self, directory: str, *, inotify: bool = True) -> None:
        survive_breaks()
        self.works = False
        self.reason = ""
        self._directory = directory
        self._answers: dict[str, bool | None] = {}
        self._suspects: dict[str, float] = {}
        self._watch = _watch(directory) if inotify else None
        self._retest(time.monotonic())

    @property
    def watching(self) -> bool:
        return self._watch is not None

    def refresh(self) -> None:
        """Forget the answers that may have changed. Call it before a round of questions: it costs a system call."""
        now = time.monotonic()
        self._hear(now)
        if now - self._tested >= (RETEST_SECONDS if self._watch else POLL_SECONDS):
            self._retest(now)
        self._suspects = {name: until for name, until in self._suspects.items() if until > now}
        for name in [name for name, answer in self._answers.items() if answer is False or name in self._suspects]:
            del self._answers[name]

    def writer_alive(self, name: str) -> bool | None:
        """Whether some process has the file `name` open for writing, as of the last refresh(); None: unknown.

        True for a stopped writer, and for a forked child that only inherited the file; False for a file that is gone.
        """
        if not self.works:
            return None
        if name not in self._answers:
            self._answers[name] = _test(os.path.join(self._directory, name))
        return self._answers[name]

    def close(self) -> None:
        """Stop watching."""
        if self._watch:
            self._watch.close()
            self._watch = None

    def _hear(self, now: float) -> None:
        if not self._watch:
            return
        try:
            names = self._watch.names()
        except Missed as missed:
            # What has just been closed is lost too: look again when it is surely counted.
            self._retest(now - RETEST_SECONDS + SUSPICION_SECONDS)
            if missed.ended:
                self.close()
        else:
            self._suspects.update(dict.fromkeys(names, now + SUSPICION_SECONDS))

    def _retest(self, now: float) -> None:
        self._tested = now
        self._answers.clear()
        if not self.works:
            self.reason = _probe(os.path.join(self._directory, PROBE))
            self.works = not self.reason


def _watch(directory: str) -> Watch | None:
    """None where inotify cannot be had: `watching` says so, and the answers are then polled for."""
    try:
        return Watch(directory)
    except OSError:
        return None


def _test(path: str) -> bool | None:
    try:
        return has_writer(path)
    except OSError as error:
        return False if error.errno == errno.ENOENT else None


def _probe(path: str) -> str:
    """Why leases do not tell a writer in this directory; empty where they do."""
    try:
        seen, missed = _try_leases(path)
    except OSError as error:
        return f"{errno.errorcode.get(error.errno or 0, 'OSError')}: {error.strerror or error}"
    if not seen:
        return "a lease is granted although the file has a writer"
    return "no lease is granted although the file has no writer" if missed else ""


def _try_leases(path: str) -> tuple[bool, bool]:
    """Whether a file of our own, made at `path` for this, has a writer: while it does, and then while it does not."""
    writer = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            seen = has_writer(path)
        finally:
            os.close(writer)
        return seen, has_writer(path)
    finally:
        os.unlink(path)
