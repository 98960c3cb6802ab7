"""Which entries the directory has, listed again only when it says that some came or went.

A name alone is no file: a pid comes back, and a file system may hand out the same inode at once. So an entry is known
by its inode and the time of its last change, and both are looked at whenever the directory has changed. Must never
miss a change: times are as coarse as the kernel's tick, so a directory that changed just now is not taken as settled.
"""

from __future__ import annotations

import os
import time
from typing import Dict, Tuple

Identity = Tuple[int, int]
"""Inode, and ns of its last change of status: creating a file sets it, storing through a mapping does not."""

SETTLED_NS = 100_000_000
"""Ten times the coarsest tick (CONFIG_HZ=100)."""


class Listing:
    """The entries of `directory`; none if it does not exist. OSError where it cannot be listed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._changed_at = -1
        self._entries: Dict[str, Identity] = {}

    def entries(self) -> Dict[str, Identity]:
        """By name; the same object as long as nothing came or went."""
        began = time.time_ns()
        try:
            changed_at = os.stat(self._directory).st_mtime_ns
            if changed_at != self._changed_at:
                self._entries = self._list()
                self._changed_at = changed_at if changed_at + SETTLED_NS < began else -1
        except FileNotFoundError:
            self._changed_at, self._entries = -1, {}
        return self._entries

    def _list(self) -> Dict[str, Identity]:
        with os.scandir(self._directory) as entries:
            return {entry.name: identity for entry in entries for identity in _identities(entry)}


def _identities(entry: os.DirEntry[str]) -> Tuple[Identity, ...]:
    """One, or none if the entry has gone meanwhile."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return ()
    return ((status.st_ino, status.st_ctime_ns),)
