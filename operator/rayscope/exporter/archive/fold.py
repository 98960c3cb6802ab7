"""Folds the files of ended processes into the archive and removes them: cost and space stay those of the living.

A process has ended when none of its files has a writer. Each file's name is taken away under a lease, and only after a
grace period is it archived and removed: whoever reuses the pid gets a new file or the old one back, and no increment is
lost either way. Must never touch a file that has a writer, nor any file where leases do not work.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Iterable

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.faults import Faults
from rayscope.exporter.archive.lock import Lock
from rayscope.exporter.archive.settle import Settler, content_of, share_of
from rayscope.exporter.files.layout import Damaged, parse_name
from rayscope.exporter.files.lease import HasWriter, Lease
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.files.naming import drop_second_names, original_name, take_away
from rayscope.exporter.files.step import Step, no_step

GRACE_SECONDS = 1.0
"""Longer than an opener takes, inside one open(2), from finding a file by its name to being counted as its writer."""
WORK_SECONDS = 0.05
"""Settling, and taking away, each begin nothing more after that in one pass: a scrape may be waiting."""


class Folder:
    """Folds in `directory`. Make it before the first scrape; fold() and scrapes take turns.

    `owner`: False while another exporter holds the directory's lock: this one then only reads what that one archives.
    `finished`: files archived or dropped so far; `pending`: those taken away that the last pass found or left waiting.
    `faults`: what failed, by lock, list, rename, read, archive, reserve, remove; all is tried again at the next pass.
    """

    def __init__(
        self,
        directory: str,
        liveness: Liveness,
        archive: Archive,
        *,
        grace: float = GRACE_SECONDS,
        step: Step = no_step,
    ) -> None:
        self._directory = directory
        self._liveness = liveness
        self._archive = archive
        self._grace = grace
        self._step = step
        self._lock = Lock(directory)
        self._since: dict[str, float] = {}
        self._damaged: set[str] = set()
        self.faults = Faults()
        self.owner = False
        self.finished = 0
        self._settler = Settler(directory, archive, self.faults, step)
        self._claim()

    @property
    def pending(self) -> int:
        return len(self._since)

    def fold(self) -> int:
        """One pass: settle what was taken away before, take away the files of processes that have ended.

        Returns how many files it settled. Nothing that the directory does makes it raise: see `faults`.
        """
        finished = 0
        self._claim()
        if not self.owner:
            self._archive.load()
        elif self._liveness.works:
            with self.faults.counted("list"):
                entries = os.listdir(self._directory)
                finished = self._settle([entry for entry in entries if original_name(entry)])
                self._take_away(_by_process(entries))
        self.finished += finished
        return finished

    def close(self) -> None:
        """Let another exporter have the directory."""
        self._lock.release()
        self.owner = False

    def _claim(self) -> None:
        """Own the directory if nobody else does, and put right what an earlier owner left halfway."""
        if self.owner:
            return
        with self.faults.counted("lock"):
            self.owner = self._lock.acquire()
        if self.owner:
            self._archive.load()
            with self.faults.counted("archive"):
                self._archive.clear_unreadable()
            with self.faults.counted("reserve"):
                self._archive.reserve()
            with self.faults.counted("list"):
                drop_second_names(self._directory)

    def _settle(self, away: Iterable[str]) -> int:
        now = time.monotonic()
        self._since = {entry: self._since.get(entry, now) for entry in away}
        ripe = sorted(entry for entry, since in self._since.items() if now - since >= self._grace)
        return self._settler.settle(ripe, WORK_SECONDS)

    def _take_away(self, processes: Iterable[list[str]]) -> None:
        self._liveness.refresh()
        until = time.monotonic() + WORK_SECONDS
        for names in processes:
            if all(self._liveness.writer_alive(name) is False for name in names):
                self._take_process_away(names)
            else:
                self._damaged.difference_update(names)
            if time.monotonic() >= until:
                break

    def _take_process_away(self, names: list[str]) -> None:
        for name in names:
            if name not in self._damaged:
                with self.faults.counted("rename"), contextlib.suppress(HasWriter):
                    self._take_one_away(name)

    def _take_one_away(self, name: str) -> None:
        """Take the file's name away, unless it cannot be read: such a file stays, for the reader to report.

        It is left alone until it has a writer again.
        """
        if not self._readable(name):
            self._damaged.add(name)
            return
        with contextlib.closing(Lease(os.path.join(self._directory, name))) as lease:
            self._step("leased")
            away = take_away(self._directory, name, lease, self._step)
            if away:
                self._since[away] = time.monotonic()
        self._step("released")

    def _readable(self, name: str) -> bool:
        """Parsed with no lease held, since a process that reuses the pid would wait for that inside its open(2)."""
        try:
            with contextlib.closing(Lease(os.path.join(self._directory, name))) as lease:
                content = content_of(name, lease)
            share_of(name, content)
        except Damaged:
            return False
        return True


def _by_process(entries: Iterable[str]) -> Iterable[list[str]]:
    """The writers' files among the entries of a directory, process by process."""
    processes: dict[str, list[str]] = {}
    for entry in entries:
        file = parse_name(entry)
        if file:
            processes.setdefault(file.pid, []).append(entry)
    return processes.values()
