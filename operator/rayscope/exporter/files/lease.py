"""A read lease answers, from outside and across PID namespaces: does any process have this file open for writing?

The kernel grants F_RDLCK only while nobody does (fcntl(2), F_SETLEASE), whoever the writer is and however it ended.
A process that opens the file for writing meanwhile waits until the lease is dropped, so one is held for microseconds.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal

_SETLEASE = getattr(fcntl, "F_SETLEASE", 1024)
_GETLEASE = getattr(fcntl, "F_GETLEASE", 1025)
# O_NONBLOCK: the directory is shared, and a FIFO or a device that somebody put there must not hold us.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class HasWriter(Exception):  # noqa: N818 - an answer, not an error
    """Some process has the file open for writing."""


class Lease:
    """A read lease on the file at `path`, held until closed.

    HasWriter where the file has one. OSError where that cannot be known: EACCES (another user's file: only its owner or
    CAP_LEASE may), EINVAL, EOPNOTSUPP (not this kernel, file or file system), ENOENT (gone).
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, _FLAGS)
        try:
            fcntl.fcntl(self._file, _SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            os.close(self._file)
            if error.errno == errno.EAGAIN:
                raise HasWriter(path) from error
            raise

    @property
    def unbroken(self) -> bool:
        """Whether nobody has come to open the file for writing, and waits for us, since the lease was granted."""
        return fcntl.fcntl(self._file, _GETLEASE) == fcntl.F_RDLCK

    def read(self, most: int) -> bytes:
        """The file, or its first `most` bytes. Its holes count as zeros."""
        return os.pread(self._file, min(os.fstat(self._file).st_size, most), 0)

    def close(self) -> None:
        """Drop the lease: closing the file does."""
        os.close(self._file)


def has_writer(path: str) -> bool:
    """Whether some process has the file open for writing. OSError as for Lease."""
    try:
        Lease(path).close()
    except HasWriter:
        return True
    return False


def survive_breaks() -> None:
    """Ignore the SIGIO that a waiting opener causes: its default action ends the process. Main thread only."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
