"""What ended processes have counted: an exact sum for every key of their files, kept through every restart.

It names the files that it contains but that may still be there, so that a kill between writing it and removing them
counts nothing twice. Must never be written by two: only the holder of the directory's lock (fold.py) calls store().
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import AbstractSet, Iterable, Mapping

from rayscope.exporter.archive.partials import Partials, add
from rayscope.exporter.archive.slots import Blob, Slots
from rayscope.exporter.files.step import Step, no_step

NAME = ".rayscope-archive"
ADDITIVE = ("counter", "histogram", "summary")
"""The types of files whose values are summed over processes, and outlive them."""

Key = tuple[str, bytes]
"""A file's type, and an entry's key as layout.py gives it."""


@dataclass(frozen=True)
class Share:
    """What one file contributes."""

    type: str
    keys: tuple[bytes, ...] = ()
    values: tuple[float, ...] = ()


class Archive:
    """The archive of `directory`, as of the last load() or store().

    `sums`: for each (type, key) the partials whose math.fsum, together with the values of the files, is the number to
    show. `folded`: names of directory entries that `sums` contains: they do not count, whether they are still there or
    not. Both are replaced and never changed, so whoever keeps one may compare it by identity.
    `errors`: how often a slot of it was found unreadable.
    """

    def __init__(self, directory: str, step: Step = no_step) -> None:
        self._slots = Slots(os.path.join(directory, NAME), step)
        self._unreadable: list[str] = []
        self._generation = 0
        self.errors = 0
        self.size = 0
        self.sums: Mapping[Key, Partials] = {}
        self.folded: AbstractSet[str] = frozenset()
        self.load()

    def load(self) -> bool:
        """Read it; whether it has changed. Never fails: what cannot be read is passed over, and counted once."""
        blob, unreadable = self._slots.load()
        self.errors += len(set(unreadable) - set(self._unreadable))
        self._unreadable = unreadable
        if not blob or blob.generation == self._generation:
            return False
        self._generation, self.size = blob.generation, len(blob.payload)
        self.sums, self.folded = _decode(blob.payload)
        return True

    def clear_unreadable(self) -> None:
        """Move unreadable slots out of the way, for people to look at; the last of each is kept."""
        for path in self._unreadable:
            os.replace(path, f"{path}.unreadable")
        self._unreadable = []

    def reserve(self) -> None:
        """Have room for twice its size, so that folding can free space when there is none. OSError if too late."""
        self._slots.reserve(self.size)

    def store(self, sums: Mapping[Key, Partials], folded: AbstractSet[str]) -> None:
        """Replace it, as one step whenever we are killed. OSError if it cannot be written; it then stays as it is."""
        payload = _encode(sums, folded)
        self._slots.store(Blob(self._generation + 1, payload))
        self._generation += 1
        self.size = len(payload)
        self.sums, self.folded = sums, folded


def added(sums: Mapping[Key, Partials], shares: Iterable[Share]) -> dict[Key, Partials]:
    """`sums` and `shares`, exactly."""
    total = dict(sums)
    for share in shares:
        for key, value in zip(share.keys, share.values):  # noqa: B905 - Python 3.9
            total[share.type, key] = add(total.get((share.type, key), ()), value)
    return total


# The payload: a block of names, then for each type four columns: lengths of keys, numbers of partials, keys, partials.
# Every block begins with its length in bytes. A column is packed and unpacked by one C call.


def _encode(sums: Mapping[Key, Partials], folded: AbstractSet[str]) -> bytes:
    blocks = [b"\0".join(map(os.fsencode, sorted(folded)))]
    for kind in ADDITIVE:
        keys = [key for (of, key) in sums if of == kind]
        partials = [sums[kind, key] for key in keys]
        flat = [partial for one in partials for partial in one]
        blocks.append(struct.pack(f"<{len(keys)}I", *map(len, keys)))
        blocks.append(bytes(map(len, partials)))
        blocks.append(b"".join(keys))
        blocks.append(struct.pack(f"<{len(flat)}d", *flat))
    return b"".join(struct.pack("<I", len(block)) + block for block in blocks)


def _decode(payload: bytes) -> tuple[dict[Key, Partials], frozenset[str]]:
    blocks = _blocks(payload)
    folded = frozenset(os.fsdecode(name) for name in blocks[0].split(b"\0") if name)
    sums: dict[Key, Partials] = {}
    for number, kind in enumerate(ADDITIVE):
        lengths, counts, keys, flat = blocks[1 + 4 * number : 5 + 4 * number]
        partials = struct.unpack(f"<{len(flat) // 8}d", flat)
        start = first = 0
        for length, count in zip(struct.unpack(f"<{len(counts)}I", lengths), counts):  # noqa: B905 - Python 3.9
            sums[kind, keys[start : start + length]] = partials[first : first + count]
            start, first = start + length, first + count
    return sums, folded


def _blocks(payload: bytes) -> list[bytes]:
    blocks = []
    offset = 0
    while offset < len(payload):
        (length,) = struct.unpack_from("<I", payload, offset)
        blocks.append(payload[offset + 4 : offset + 4 + length])
        offset += 4 + length
    return blocks
