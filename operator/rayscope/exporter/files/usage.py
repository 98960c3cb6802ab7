"""How full the directory is. A full one kills every writer by SIGBUS at its next new page: worth an alert."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """`directory`: bytes that the directory's files occupy. `size` and `available`: of the file system that it is on,
    which for a memory-backed emptyDir is the directory alone and its sizeLimit.
    """

    directory: int = 0
    size: int = 0
    available: int = 0

    @property
    def fill(self) -> float:
        """The part of the file system that is in use, from 0 to 1; 0 where its size is not known."""
        return 1 - self.available / self.size if self.size else 0.0


def measure(directory: str) -> Usage:
    """As of now; OSError if the directory cannot be looked at."""
    system = os.statvfs(directory)
    return Usage(_occupied(directory), system.f_blocks * system.f_frsize, system.f_bavail * system.f_frsize)


def _occupied(directory: str) -> int:
    total = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            try:
                total += entry.stat(follow_symlinks=False).st_blocks * 512
            except FileNotFoundError:
                continue
    return total
