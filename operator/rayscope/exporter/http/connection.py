"""One client's connection: what it has sent, what it still has to get, and until when we wait for it.

It never blocks and never copies a body; the server decides when to call it. A client that is slow in either direction
costs its own buffers and nothing else.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import Enum

from rayscope.exporter.http.request import MAX_HEAD_BYTES, Refusal, Request, head_end, parse_head
from rayscope.exporter.http.response import Response

CHUNK_BYTES = 64 * 1024


class Phase(Enum):
    """What a connection is waiting for; `server.py` evicts in the order IDLE, READING, LINGERING, SENDING."""

    IDLE = "the next request of a kept connection"
    READING = "the rest of a request's head"
    WAITING = "the next read of the directory"
    SENDING = "the client, to take its response"
    LINGERING = "the client, to close"
    GONE = "nothing"


@dataclass(frozen=True)
class Patience:
    """Seconds until a connection is closed, by what it waits for. Prometheus keeps idle connections for five minutes.

    `send` counts from the last byte that the client took: as long as it takes some, no response is cut.
    """

    head: float = 10.0
    idle: float = 300.0
    send: float = 30.0
    linger: float = 1.0


PATIENCE = Patience()


class Connection:
    """A non-blocking socket and its state. `deadline` is in the server's monotonic clock."""

    def __init__(self, client: socket.socket, peer: str, patience: Patience, now: float) -> None:
        client.settimeout(0)
        self.client = client
        self.peer = peer
        self.request: Request | None = None
        self._patience = patience
        self._inbox = bytearray()
        self._outbox: list[memoryview] = []
        self._keep_alive = True
        self._enter(Phase.READING, now + patience.head)

    def _enter(self, phase: Phase, deadline: float) -> None:
        self.phase = phase
        self.deadline = deadline

    def receive(self, now: float) -> None:
        """Take what the client sent. Its end, or an error, is the end of the connection."""
        try:
            received = self.client.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._give_up()
        elif self.phase is not Phase.LINGERING:
            self._inbox += received
            if self.phase is Phase.IDLE:
                self._enter(Phase.READING, now + self._patience.head)

    def next_request(self) -> Request | Refusal | None:
        """The request that has arrived in full, taken out of the buffer; None while there is none."""
        if self.phase is not Phase.READING:
            return None
        end = head_end(self._inbox)
        if (end or len(self._inbox)) > MAX_HEAD_BYTES:
            return Refusal(431, f"A request's head has at most {MAX_HEAD_BYTES} bytes here.")
        if not end:
            return None
        head = bytes(self._inbox[:end])
        del self._inbox[:end]
        return parse_head(head)

    def wait(self, request: Request) -> None:
        """Keep `request` until the directory has been read; that has no deadline of the client's."""
        self.request = request
        self._enter(Phase.WAITING, float("inf"))

    def respond(self, response: Response, request: Request | None, now: float) -> None:
        """Send `response`, its head alone to HEAD; without a request it ends the connection."""
        self._keep_alive = request is not None and request.keep_alive
        self._outbox = [memoryview(response.head(keep_alive=self._keep_alive))]
        if request is None or request.method != "HEAD":
            self._outbox.append(memoryview(response.body))
        self.request = None
        self._enter(Phase.SENDING, now + self._patience.send)
        self.flush(now)

    def flush(self, now: float) -> None:
        """Send as much as the client takes; when it has all, read on or close."""
        try:
            while self._outbox:
                sent = self.client.send(self._outbox[0])
                self.deadline = now + self._patience.send
                self._outbox[0] = self._outbox[0][sent:]
                if not self._outbox[0]:
                    del self._outbox[0]
        except BlockingIOError:
            return
        except OSError:
            self._give_up()
            return
        self._sent(now)

    def _sent(self, now: float) -> None:
        if not self._keep_alive:
            self._linger(now)
        elif self._inbox:
            self._enter(Phase.READING, now + self._patience.head)
        else:
            self._enter(Phase.IDLE, now + self._patience.idle)

    def _linger(self, now: float) -> None:
        """End our half and wait for the client's: closing with unread bytes would reset the response it is reading."""
        try:
            self.client.shutdown(socket.SHUT_WR)
        except OSError:
            self._give_up()
        else:
            self._enter(Phase.LINGERING, now + self._patience.linger)

    def _give_up(self) -> None:
        """Nothing more to do: the server then takes the socket off its selector and closes it, in this order."""
        self._enter(Phase.GONE, float("inf"))

    def close(self) -> None:
        """Let the socket and the response go."""
        self._give_up()
        self._outbox = []
        self.client.close()
