"""One exporter at a time changes a directory: by a lock that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os

NAME = ".rayscope-lock"


class Lock:
    """The lock of `directory`."""

    def __init__(self, directory: str) -> None:
        self._path = os.path.join(directory, NAME)
        self._file: int | None = None

    def acquire(self) -> bool:
        """Whether it is ours now, and until released; never waits. OSError where there are no locks."""
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(file)
                if isinstance(error, BlockingIOError):
                    return False
                raise
            self._file = file
        return True

    def release(self) -> None:
        """Let another process have it. The file stays: removing it could take it from whoever is just acquiring it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
