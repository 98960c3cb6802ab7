"""The processes that have files in the directory, and whether they live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterable, List, Optional, Tuple

from rayscope.exporter.files.reader import WriterFile

STATES = ("live", "dead", "unknown")
"""A dead one's files are about to be folded; unknown is everyone where leases do not work."""


@dataclass(frozen=True)
class Writer:
    """A process, by the identifier in its files' names."""

    pid: str
    state: str
    files: Tuple[str, ...]


def writers(files: Iterable[WriterFile], alive: Callable[[str], Optional[bool]]) -> List[Writer]:
    """Every process with a file, by pid. It lives if any of its files has a writer, and is dead only if none has."""
    entries: Dict[str, List[str]] = {}
    for file in files:
        entries.setdefault(file.name.pid, []).append(file.entry)
    return [Writer(pid, _state([alive(entry) for entry in of]), tuple(of)) for pid, of in sorted(entries.items())]


def _state(answers: List[Optional[bool]]) -> str:
    if True in answers:
        return "live"
    return "unknown" if None in answers else "dead"
