"""The HTTP server: one thread, one selector. All clients that wait for numbers are answered from one read.

No client can block another, or the exporter: sockets never block, every wait has a deadline, and when the table is full
the connection that has the least to lose makes room. Reading the directory takes a bounded share of one core, whoever
asks how often: the engine beside us needs the rest.
"""

from __future__ import annotations

import selectors
import socket
import time
from typing import Callable, Protocol

from rayscope.exporter.http.connection import PATIENCE, Connection, Patience, Phase
from rayscope.exporter.http.request import Refusal, Request
from rayscope.exporter.http.response import Response, sentence
from rayscope.exporter.http.schedule import Schedule

MAX_CONNECTIONS = 128
READ_SHARE = 0.2
"""Of one core, for reads: after one that took 2 ms the next begins 8 ms later at the earliest."""
DRAIN_SECONDS = 0.5
_EVICTION = (Phase.IDLE, Phase.READING, Phase.LINGERING, Phase.SENDING)
_READABLE = (Phase.IDLE, Phase.READING, Phase.LINGERING)

Answer = Callable[[Request, str], Response]
"""What one read has to say to a request from a peer's address."""


def pause_after(took: float, share: float = READ_SHARE) -> float:
    """Seconds without a read after one that took so long, where reads may have `share` of a core."""
    return took * (1 / share - 1)


class Site(Protocol):
    """What is served."""

    def immediate(self, request: Request) -> Response | None:
        """The response that needs no read of the directory; None makes the request wait for the next one."""

    def read(self) -> Answer:
        """Read the directory once, for everybody who waits."""


class Server:
    """Serves `site` on `listeners` and runs `schedule`'s tasks, until the socket `stop` has something to read."""

    def __init__(  # noqa: PLR0913 - what it serves, where, and how much of it
        self,
        site: Site,
        listeners: list[socket.socket],
        stop: socket.socket,
        schedule: Schedule,
        patience: Patience = PATIENCE,
        *,
        read_share: float = READ_SHARE,
    ) -> None:
        self._site = site
        self._listeners = listeners
        self._stop = stop
        self._schedule = schedule
        self._patience = patience
        self._read_share = read_share
        self._connections: set[Connection] = set()
        self._selector = selectors.DefaultSelector()
        self._next_read = 0.0
        self._stopping_at = float("inf")

    def run(self) -> None:
        """Serve until stopped; responses under way get DRAIN_SECONDS to be taken."""
        for readable in (self._stop, *self._listeners):
            readable.settimeout(0)
            self._selector.register(readable, selectors.EVENT_READ)
        while not self._finished():
            self._turn()
        for connection in list(self._connections):
            self._forget(connection)
        self._selector.close()

    def _finished(self) -> bool:
        return time.monotonic() >= self._stopping_at or (self._stopping and not self._connections)

    @property
    def _stopping(self) -> bool:
        return self._stopping_at != float("inf")

    def _turn(self) -> None:
        if not self._stopping:
            self._watch_listeners()
        for key, _ in self._selector.select(self._pause()):
            self._ready(key)
        if time.monotonic() >= self._next_read:
            self._answer_waiting()
        if not self._stopping:
            self._schedule.run_due(time.monotonic())
        self._expire(time.monotonic())

    def _pause(self) -> float:
        """Seconds until something is due without any event."""
        due = min((connection.deadline for connection in self._connections), default=float("inf"))
        due = min(due, self._stopping_at if self._stopping else self._schedule.next_due())
        if self._waiting():
            due = min(due, self._next_read)
        return max(0.0, min(due - time.monotonic(), 3600.0))

    def _ready(self, key: selectors.SelectorKey) -> None:
        if isinstance(key.data, Connection):
            self._advance(key.data)
        elif key.fileobj is self._stop:
            self._begin_stop()
        elif isinstance(key.fileobj, socket.socket) and not self._stopping:
            self._accept(key.fileobj)

    def _accept(self, listener: socket.socket) -> None:
        """Take everybody who has come: what they ask for is then answered by one read."""
        while self._has_room():
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            if len(self._connections) >= MAX_CONNECTIONS:
                self._forget(self._expendable()[0])
            peer = address[0].removeprefix("::ffff:")  # how a dual-stack socket writes an IPv4 address
            connection = Connection(client, peer, self._patience, time.monotonic())
            self._connections.add(connection)
            self._selector.register(client, selectors.EVENT_READ, connection)

    def _watch_listeners(self) -> None:
        """Hear of newcomers only while one could come in: otherwise they would wake us again and again until then."""
        for listener in self._listeners:
            if not self._has_room():
                self._unwatch(listener)
            elif listener not in self._selector.get_map():
                self._selector.register(listener, selectors.EVENT_READ)

    def _has_room(self) -> bool:
        return len(self._connections) < MAX_CONNECTIONS or bool(self._expendable())

    def _expendable(self) -> list[Connection]:
        """Who can make room: those with the least to lose first, and of equals the one whose patience ends first."""
        candidates = [connection for connection in self._connections if connection.phase in _EVICTION]
        return sorted(candidates, key=lambda one: (_EVICTION.index(one.phase), one.deadline))

    def _advance(self, connection: Connection) -> None:
        """Carry on where the connection's socket allows it; one that just made room for another has nowhere to go."""
        if connection not in self._connections:
            return
        now = time.monotonic()
        if connection.phase in _READABLE:
            connection.receive(now)
        elif connection.phase is Phase.SENDING:
            connection.flush(now)
        self._serve(connection, now)

    def _serve(self, connection: Connection, now: float) -> None:
        """Answer the requests that have arrived, one after the other, until one has to wait."""
        while (request := connection.next_request()) is not None:
            if isinstance(request, Refusal):
                connection.respond(sentence(request.status, request.sentence), None, now)
            elif (response := self._site.immediate(request)) is not None:
                connection.respond(response, request, now)
            else:
                connection.wait(request)
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        """Wait for what the connection's phase needs."""
        if connection.phase is Phase.GONE or (self._stopping and connection.phase in _READABLE):
            self._forget(connection)
            return
        events = selectors.EVENT_WRITE if connection.phase is Phase.SENDING else selectors.EVENT_READ
        if connection.phase is Phase.WAITING:
            self._unwatch(connection.client)
        elif connection.client not in self._selector.get_map():
            self._selector.register(connection.client, events, connection)
        else:
            self._selector.modify(connection.client, events, connection)

    def _unwatch(self, watched: socket.socket) -> None:
        if watched in self._selector.get_map():
            self._selector.unregister(watched)

    def _waiting(self) -> list[Connection]:
        return [connection for connection in self._connections if connection.phase is Phase.WAITING]

    def _answer_waiting(self) -> None:
        waiting = self._waiting()
        if not waiting:
            return
        began = time.monotonic()
        answer = self._site.read()
        for connection in waiting:
            request = connection.request
            assert request is not None  # noqa: S101 - what Phase.WAITING means
            connection.respond(answer(request, connection.peer), request, time.monotonic())
            self._serve(connection, time.monotonic())
        ended = time.monotonic()
        self._next_read = ended + pause_after(ended - began, self._read_share)

    def _expire(self, now: float) -> None:
        """Close what has waited too long."""
        for connection in [one for one in self._connections if one.deadline <= now]:
            self._forget(connection)

    def _begin_stop(self) -> None:
        """Take no more; let those who wait or are being served have their response."""
        self._stopping_at = min(self._stopping_at, time.monotonic() + DRAIN_SECONDS)
        self._next_read = 0.0
        for readable in (self._stop, *self._listeners):
            self._unwatch(readable)
        for connection in [one for one in self._connections if one.phase in _READABLE]:
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._unwatch(connection.client)
            connection.close()
