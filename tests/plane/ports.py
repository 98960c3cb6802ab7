"""Ports: whether somebody listens, and free ones of the loopback address, held so that no two tests race for one.

A port is held by a socket that is bound and does not listen. With SO_REUSEADDR on both sides a server may bind it too
(Go and asyncio servers set it), while the kernel gives it to nobody who asks for any free port.
"""

import socket
from types import TracebackType
from typing import Self


class HeldPort:
    """A port on 127.0.0.1 that is ours to give to a server, for as long as this is open."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def reachable(address: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((address, port), timeout=10).close()
    except OSError:
        return False
    return True
