"""Where the values lie in a file of prometheus_client's multiprocess mode (mmap_dict.py, format of 0.18 and later).

A file is append-only and its keys never move, so what is parsed once stays true until more is appended: from then on
all values of a file come out of one C call. Must never trust a length: whoever wrote it may have died halfway.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from functools import cached_property
from typing import Callable, Optional, Tuple
from weakref import WeakValueDictionary

from rayscope.exporter.files.series import decode

REASONS = ("empty", "short", "garbled", "foreign", "unreadable")
"""Why a file cannot be read, a closed set: the values of a label."""

GAUGE_RULES = ("all", "mostrecent", "max", "min", "sum")
"""What a gauge's processes have to do with each other. Every mode is one of these, or `live` and one of these."""

_NAME = re.compile(rf"(?:(counter|histogram|summary)|gauge_((?:live)?(?:{'|'.join(GAUGE_RULES)})))_(.+)\.db", re.DOTALL)
HEADER_BYTES = 8
_ENTRY_TAIL = 16
_length = struct.Struct("=i")

Unpack = Callable[[bytes], Tuple[float, ...]]


class Damaged(Exception):  # noqa: N818 - a state of a file, not a mistake
    """A file that cannot be read now; `reason` is one of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class FileName:
    """What a file's name says."""

    type: str
    """counter, gauge, histogram or summary"""
    mode: str
    """A gauge's multiprocess mode; empty for the other types."""
    pid: str
    """The writer's process identifier: usually a number, but `MultiProcessValue` takes any function's result."""

    @property
    def rule(self) -> str:
        """The mode without `live`: one of GAUGE_RULES, or empty. Only living processes have gauges here anyway."""
        return self.mode[4:] if self.mode.startswith("live") else self.mode


def parse_name(name: str) -> Optional[FileName]:
    """`gauge_livesum_7.db` as its parts; None for a file that prometheus_client did not name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    other, mode, pid = match.groups()
    return FileName(other or "gauge", mode or "", pid)


@dataclass(frozen=True, eq=False)
class Layout:
    """The keys of a file in their order, and how to take all its values at once. Equal layouts are one object."""

    used: int
    """Bytes from the file's start that are parsed; values() and timestamps() need at least as many."""
    keys: Tuple[bytes, ...]
    places: str = field(repr=False)
    """Where the values lie, as a struct format with `v` for a value and its timestamp."""

    @cached_property
    def values(self) -> Unpack:
        """The value of every key, in order."""
        return struct.Struct(self.places.replace("v", "d8x")).unpack_from

    @cached_property
    def timestamps(self) -> Unpack:
        """When every key's value was set (Unix time); 0.0 unless it is a mostrecent gauge that was set."""
        return struct.Struct(self.places.replace("v", "8xd")).unpack_from

    @cached_property
    def _header(self) -> bytes:
        return _length.pack(self.used)

    def fits(self, data: bytes) -> bool:
        """Whether `data` is all that is in use of a file, and that is as much as when the layout was parsed."""
        return data.startswith(self._header) and len(data) == self.used


_shared: WeakValueDictionary[Tuple[str, Tuple[bytes, ...]], Layout] = WeakValueDictionary()
_nothing = Layout(HEADER_BYTES, (), f"={HEADER_BYTES}x")


def used(data: bytes) -> int:
    """How many bytes of the file are in use, as its header says: 0 in a file that was just made."""
    if not data:
        raise Damaged("empty")
    if len(data) < HEADER_BYTES:
        raise Damaged("short")
    size: int = _length.unpack_from(data)[0]
    if size != 0 and (size < HEADER_BYTES or size % 8 != 0):
        raise Damaged("garbled")
    return size


def parse(data: bytes, known: Optional[Layout] = None) -> Layout:
    """The layout of a file's content; goes on where `known`, an earlier layout of the same file, ends.

    An entry whose length is still zero is not there yet: the layout ends before it (`used` then says so, and differs
    from the header's). Damaged if the content is not what prometheus_client writes.
    """
    layout = known or _nothing
    position, end = layout.used, used(data)
    if end > len(data):
        raise Damaged("short")
    places, keys = [layout.places], list(layout.keys)
    while position < end and _length.unpack_from(data, position)[0] != 0:
        key, value = _entry(data, position, end)
        places.append(f"{value - position}xv")
        keys.append(key)
        position = value + _ENTRY_TAIL
    return _share(position, "".join(places), tuple(keys))


def _entry(data: bytes, position: int, end: int) -> Tuple[bytes, int]:
    """The key at `position`, and where its value lies: after 1 to 8 spaces, at a multiple of 8."""
    start = position + 4
    stop = start + _length.unpack_from(data, position)[0]
    value = stop + 8 - stop % 8
    if not start < stop < value + _ENTRY_TAIL <= end:
        raise Damaged("garbled")
    try:
        return decode(data[start:stop]).key, value
    except (ValueError, RecursionError) as error:
        raise Damaged("garbled") from error


def _share(size: int, places: str, keys: Tuple[bytes, ...]) -> Layout:
    layout = _shared.get((places, keys))
    if layout is None:
        layout = _shared[places, keys] = Layout(size, keys, places)
    return layout
