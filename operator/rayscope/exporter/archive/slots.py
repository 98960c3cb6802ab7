"""Keeps one blob in a directory so that a kill at any moment leaves the old one or the new one, also when it is full.

Two files take turns; each carries a generation and a checksum, and the newest whole one counts. Their room is allocated
ahead and written in place: a temporary file and a rename would need free space exactly when the files that are to be
folded away have used it up.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from dataclasses import dataclass

from rayscope.exporter.files.step import Step, no_step

RESERVE_BYTES = 256 * 1024
RESERVE_SHARE = 64
"""A slot's least room: RESERVE_BYTES, or this part of a small file system."""

_HEADER = struct.Struct("<8sIIQQ")
_MAGIC = b"rayscope"
_VERSION = 1
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_CANNOT_ALLOCATE = (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS)


class Unreadable(Exception):  # noqa: N818 - a state of a file
    """A slot is neither blank nor whole: damaged, or another version's."""


@dataclass(frozen=True)
class Blob:
    """A payload, and how many there were before it."""

    generation: int
    payload: bytes


class Slots:
    """The blob in the files `base`.a and `base`.b."""

    def __init__(self, base: str, step: Step = no_step) -> None:
        self._paths = (f"{base}.a", f"{base}.b")
        self._step = step

    def load(self) -> tuple[Blob | None, list[str]]:
        """The newest whole blob, and the paths of slots that cannot be read."""
        newest, unreadable = None, []
        for path in self._paths:
            try:
                blob = _load(path)
            except (Unreadable, OSError):
                unreadable.append(path)
                continue
            if blob and (not newest or blob.generation > newest.generation):
                newest = blob
        return newest, unreadable

    def reserve(self, size: int) -> None:
        """Allocate room for `size` bytes, and as many again, in both slots. OSError where there is not enough space."""
        for path in self._paths:
            file = os.open(path, _FLAGS, 0o600)
            try:
                _allocate(file, max(_least_room(file), 2 * size))
            finally:
                os.close(file)

    def store(self, blob: Blob) -> None:
        """Write `blob` over the one before the newest. OSError if that fails: the newest one is then still there."""
        file = os.open(self._paths[blob.generation % 2], _FLAGS, 0o600)
        try:
            _allocate(file, _HEADER.size + len(blob.payload))
            self._write(file, blob)
        finally:
            os.close(file)

    def _write(self, file: int, blob: Blob) -> None:
        """Header last: a slot without one is blank, not damaged."""
        _write_at(file, bytes(_HEADER.size), 0)
        self._step("slot blank")
        half = len(blob.payload) // 2
        _write_at(file, blob.payload[:half], _HEADER.size)
        self._step("payload half written")
        _write_at(file, blob.payload[half:], _HEADER.size + half)
        self._step("payload written")
        _write_at(file, _header(blob), 0)
        os.fdatasync(file)
        self._step("blob stored")


def _header(blob: Blob) -> bytes:
    return _HEADER.pack(_MAGIC, _VERSION, _checksum(blob), blob.generation, len(blob.payload))


def _checksum(blob: Blob) -> int:
    return zlib.crc32(blob.payload, blob.generation & 0xFFFFFFFF)


def _load(path: str) -> Blob | None:
    """None for a slot that is missing or blank."""
    try:
        with open(path, "rb") as file:
            header = file.read(_HEADER.size)
            if not header.strip(b"\0"):
                return None
            return _parse(header, file.read())
    except FileNotFoundError:
        return None


def _parse(header: bytes, content: bytes) -> Blob:
    if len(header) < _HEADER.size:
        raise Unreadable("cut off")
    magic, version, checksum, generation, length = _HEADER.unpack(header)
    if (magic, version) != (_MAGIC, _VERSION):
        raise Unreadable("another format")
    blob = Blob(generation, content[:length])
    if len(blob.payload) != length or _checksum(blob) != checksum:
        raise Unreadable("damaged")
    return blob


def _least_room(file: int) -> int:
    system = os.fstatvfs(file)
    return min(RESERVE_BYTES, system.f_blocks * system.f_frsize // RESERVE_SHARE)


def _allocate(file: int, size: int) -> None:
    """Make sure that writing the first `size` bytes cannot run out of space, where the file system can promise that."""
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno not in _CANNOT_ALLOCATE:
            raise


def _write_at(file: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(file, data, offset)
        data, offset = data[written:], offset + written
