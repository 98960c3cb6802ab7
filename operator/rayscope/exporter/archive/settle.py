"""Archives and removes files whose names were taken away, while leases keep everybody from opening them.

Archived first and removed second; between the two the archive names them. Must never remove what it has not counted.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import AbstractSet, Callable, Iterable, Iterator, Sequence

from rayscope.exporter.archive.archive import ADDITIVE, Archive, Share, added
from rayscope.exporter.archive.faults import Faults
from rayscope.exporter.files.layout import HEADER_BYTES, Damaged, parse, parse_name, used
from rayscope.exporter.files.lease import HasWriter, Lease
from rayscope.exporter.files.naming import give_back, original_name
from rayscope.exporter.files.reader import LARGEST_BYTES
from rayscope.exporter.files.step import Step, no_step

BATCH = 16
"""Files that are held open, with their leases, for one write of the archive."""


@dataclass(frozen=True)
class Held:
    """A file that has no writer, and what it adds to the archive."""

    entry: str
    lease: Lease
    share: Share


class Settler:
    """Settles files of `directory`."""

    def __init__(self, directory: str, archive: Archive, faults: Faults, step: Step = no_step) -> None:
        self._directory = directory
        self._archive = archive
        self._faults = faults
        self._step = step

    def settle(self, entries: Sequence[str], seconds: float) -> int:
        """Archive and remove these, or what `seconds` allow; how many are gone. One with a writer gets its name back.

        What only has to be removed goes first: in a full directory, that is the room for the archive.
        """
        until = time.monotonic() + seconds
        gone = 0
        for work in (*self._drops(entries), *self._archivings(entries)):
            gone += work()
            if time.monotonic() >= until:
                break
        return gone

    def _drops(self, entries: Iterable[str]) -> Iterator[Callable[[], int]]:
        return (partial(self._drop, entry) for entry in entries if not self._adds(entry))

    def _archivings(self, entries: Iterable[str]) -> Iterator[Callable[[], int]]:
        additive = [entry for entry in entries if self._adds(entry)]
        batches = (additive[first : first + BATCH] for first in range(0, len(additive), BATCH))
        return (partial(self._archive_and_remove, batch) for batch in batches)

    def _adds(self, entry: str) -> bool:
        """Whether the file is of a type that adds up, and not yet in the archive."""
        file = parse_name(original_name(entry) or entry)
        return file is not None and file.type in ADDITIVE and entry not in self._archive.folded

    def _drop(self, entry: str) -> int:
        with self._faults.counted("remove"):
            try:
                with contextlib.closing(Lease(self._path(entry))):
                    return self._remove(entry)
            except HasWriter:
                self._return(entry)
        return 0

    def _archive_and_remove(self, entries: Iterable[str]) -> int:
        gone = 0
        with contextlib.ExitStack() as leases:
            held = [one for entry in entries for one in self._hold(entry, leases)]
            if held:
                with self._faults.counted("archive"):
                    gone = sum(self._remove(one.entry) for one in self._store(held))
                with self._faults.counted("reserve"):
                    self._archive.reserve()
        return gone

    def _hold(self, entry: str, leases: contextlib.ExitStack) -> Iterator[Held]:
        """The file, if it can be archived now."""
        with self._faults.counted("read"):
            try:
                lease = leases.enter_context(contextlib.closing(Lease(self._path(entry))))
                name = original_name(entry) or entry
                share = share_of(name, content_of(name, lease))
            except (HasWriter, Damaged):
                self._return(entry)
            else:
                self._step("read")
                if lease.unbroken:
                    yield Held(entry, lease, share)

    def _return(self, entry: str) -> None:
        """Give the name back, unless the archive has counted the file: then it must not count again."""
        if entry not in self._archive.folded:
            with self._faults.counted("rename"):
                give_back(self._directory, entry, self._step)

    def _store(self, held: list[Held]) -> list[Held]:
        """Archive these, except those that somebody has come to open before it was done: they are left out again."""
        before, folded = self._archive.sums, self._still_there()
        while True:
            self._archive.store(added(before, (one.share for one in held)), folded | {one.entry for one in held})
            unbroken = [one for one in held if one.lease.unbroken]
            if len(unbroken) == len(held):
                return held
            held = unbroken

    def _still_there(self) -> AbstractSet[str]:
        return self._archive.folded & set(os.listdir(self._directory))

    def _remove(self, entry: str) -> int:
        """Remove the file; 1, or 0 if that failed."""
        gone = 0
        with self._faults.counted("remove"):
            os.unlink(self._path(entry))
            gone = 1
            self._step("removed")
        return gone

    def _path(self, entry: str) -> str:
        return os.path.join(self._directory, entry)


def content_of(name: str, lease: Lease) -> bytes:
    """What is in use of the file `name`; nothing of a gauge's, which adds nothing. Damaged if that cannot be known."""
    file = parse_name(name)
    header = lease.read(HEADER_BYTES) if file and file.type in ADDITIVE else b""
    return lease.read(min(used(header), LARGEST_BYTES)) if header else b""


def share_of(name: str, content: bytes) -> Share:
    """What a file `name` of this content adds to the sums. Damaged if that cannot be known."""
    file = parse_name(name)
    if not file or not content:
        return Share("")
    layout = parse(content)
    return Share(file.type, layout.keys, layout.values(content))
