"""Hears of files in one directory that lost a writer, or came and went, the moment it happens (inotify(7), by ctypes).

A hint and never the truth: events may be lost, and arrive just before the kernel has taken the writer off its count.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _DELETE = 0x8, 0x40, 0x80, 0x200
_OVERFLOW, _IGNORED, _ONLY_DIRECTORY = 0x4000, 0x8000, 0x01000000
_WANTED = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _DELETE | _ONLY_DIRECTORY
_HEADER = struct.Struct("iIII")
_BUFFER_BYTES = 64 * 1024


class Missed(Exception):  # noqa: N818 - news, not an error
    """Events were lost: everything has to be looked at again. `ended`: and no more will come from this watch."""

    def __init__(self, *, ended: bool) -> None:
        super().__init__("the watch has ended" if ended else "the queue of events has overflowed")
        self.ended = ended


class Watch:
    """A watch on `directory`. OSError where there is none to be had: not Linux, or no instances left (EMFILE)."""

    def __init__(self, directory: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("this system has no inotify")
        self._file = _checked(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            _checked(libc.inotify_add_watch(self._file, os.fsencode(directory), _WANTED))
        except OSError:
            self.close()
            raise

    def names(self) -> set[str]:
        """What something happened to since the last call; never blocks. Missed where events were lost."""
        names: set[str] = set()
        while True:
            try:
                events = os.read(self._file, _BUFFER_BYTES)
            except BlockingIOError:
                return names
            names.update(_parse(events))

    def close(self) -> None:
        """Stop watching."""
        os.close(self._file)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _parse(events: bytes) -> set[str]:
    names = set()
    offset = 0
    while offset < len(events):
        _, mask, _, length = _HEADER.unpack_from(events, offset)
        offset += _HEADER.size
        if mask & (_OVERFLOW | _IGNORED):
            raise Missed(ended=bool(mask & _IGNORED))
        names.add(os.fsdecode(events[offset : offset + length].rstrip(b"\0")))
        offset += length
    return names
