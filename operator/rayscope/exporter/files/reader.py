"""Reads the files of all writers. A bad file costs that file: its last good values stay, and its reason is counted.

Nothing is held between two reads, neither a mapping (a writer that truncates would kill us) nor a descriptor (there may
be more files than a process may open, and an open one keeps its space after it is removed). Must never write, nor wait.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import AbstractSet, Dict, List, Optional, Tuple

from rayscope.exporter.files.layout import Damaged, FileName, Layout, parse, parse_name, used
from rayscope.exporter.files.listing import Identity, Listing
from rayscope.exporter.files.naming import original_name

LARGEST_BYTES = 16 * 1024 * 1024
"""A file that uses more is not read: some 75,000 series of one type in one process, and our memory has a limit."""

_FIRST_READ = 4096
# O_NONBLOCK: a FIFO that somebody put there must not hold us.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class WriterFile:
    """A file of a writer, as it was when it was last read without fault."""

    __slots__ = ("_known", "entry", "identity", "layout", "name", "path", "times", "values")

    def __init__(self, directory: str, entry: str, identity: Identity, name: FileName) -> None:
        self.entry = entry
        """Its name in the directory; differs from its writer's while it is being folded."""
        self.path = os.path.join(directory, entry)
        self.identity = identity
        self.name = name
        self.layout: Optional[Layout] = None
        """None until it has been read once."""
        self._known: Optional[Layout] = None
        """The layout, as long as nothing says that the keys may be others."""
        self.values: Tuple[float, ...] = ()
        self.times: Tuple[float, ...] = ()
        """When each value was set (Unix time); of mostrecent gauges only."""

    def is_still(self, identity: Identity) -> bool:
        """Whether this is it. After any change its keys are read anew: an inode may be given to another file."""
        if identity != self.identity:
            self._known = None
        same_inode, self.identity = identity[0] == self.identity[0], identity
        return same_inode

    def refresh(self) -> None:
        """Read it. Damaged or OSError leave everything as it was."""
        layout = self._known
        file = os.open(self.path, _FLAGS)
        try:
            data = os.read(file, layout.used if layout else _FIRST_READ)
            if layout is None or not layout.fits(data):
                data += _rest(file, data)
                layout = self.layout = self._known = _parse(data, layout)
        finally:
            os.close(file)
        self.values = layout.values(data)
        if self.name.mode.endswith("mostrecent"):
            self.times = layout.timestamps(data)


class Reader:
    """The writers' files in `directory`.

    `files`: all that the last read found, be they readable or not. `errors`: files that could not be read, by reason
    (layout.REASONS), counted at every read. `damaged`: the reasons of the last read, by entry. `vanished`: whether
    a file went, or got another name, during the last read.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._listing = Listing(directory)
        self._listed: Dict[str, Identity] = {}
        self.files: List[WriterFile] = []
        self._foreign: List[str] = []
        self.errors: Counter[str] = Counter()
        self.damaged: Dict[str, str] = {}
        self.vanished = False

    def read(self, folded: AbstractSet[str]) -> List[WriterFile]:
        """Every file that has values, apart from the entries in `folded`, in order of their names."""
        self.damaged = {}
        self.vanished = False
        self._list()
        for entry in self._foreign:
            self._note(entry, "foreign")
        return [file for file in self.files if file.entry not in folded and self._refresh(file)]

    def _list(self) -> None:
        try:
            listed = self._listing.entries()
        except OSError:
            self._note(".", "unreadable")
            return
        if listed is not self._listed:
            self._listed = listed
            self._adopt(listed)

    def _adopt(self, listed: Dict[str, Identity]) -> None:
        known = {file.entry: file for file in self.files if file.entry in listed and file.is_still(listed[file.entry])}
        names = {entry: parse_name(original_name(entry) or entry) for entry in sorted(listed)}
        self._foreign = [entry for entry, name in names.items() if name is None and entry.endswith(".db")]
        self.files = [
            known.get(entry) or WriterFile(self._directory, entry, listed[entry], name)
            for entry, name in names.items()
            if name
        ]

    def _refresh(self, file: WriterFile) -> bool:
        """Whether it has values, be they of now or the last good ones."""
        try:
            file.refresh()
        except FileNotFoundError:
            self.vanished = True
            return False
        except Damaged as damaged:
            self._note(file.entry, damaged.reason)
        except OSError:
            self._note(file.entry, "unreadable")
        return file.layout is not None

    def _note(self, entry: str, reason: str) -> None:
        self.errors[reason] += 1
        self.damaged[entry] = reason


def _rest(file: int, data: bytes) -> bytes:
    """The bytes in use after `data`, or as far as the file goes: its header may say anything."""
    end = min(used(data), os.fstat(file).st_size)
    if end > LARGEST_BYTES:
        raise Damaged("unreadable")
    return os.read(file, end - len(data)) if end > len(data) else b""


def _parse(data: bytes, known: Optional[Layout]) -> Layout:
    """Go on after `known`, unless the file was begun anew."""
    return parse(data, known if known and known.used <= used(data) else None)
