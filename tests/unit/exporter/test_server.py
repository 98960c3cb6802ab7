"""The server over real sockets on loopback: framing, keep-alive, slow and half-open clients, one read for all."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from rayscope.exporter.http.connection import PATIENCE, Patience
from rayscope.exporter.http.listen import listen
from rayscope.exporter.http.request import Request
from rayscope.exporter.http.response import Response, sentence
from rayscope.exporter.http.schedule import Schedule, Task
from rayscope.exporter.http.server import MAX_CONNECTIONS, READ_SHARE, Answer, Server, pause_after

SECONDS = 30.0
"""A generous limit on waiting for anything."""
BIG = bytes(range(256)) * 40_000


@dataclass
class Site:
    """Three pages: one at once, one that needs a read, and a big one that needs a read."""

    reads: int = 0
    before_read: Callable[[], None] = field(default=lambda: None)

    def immediate(self, request: Request) -> Response | None:
        if request.path == "/now":
            return sentence(200, "now")
        return None if request.path in ("/read", "/big") else sentence(404, "no")

    def read(self) -> Answer:
        self.before_read()
        self.reads += 1
        number = self.reads
        return lambda request, peer: (
            Response(200, "application/octet-stream", BIG)
            if request.path == "/big"
            else sentence(200, f"read {number} for {peer}")
        )


class Turns(Schedule):
    """A schedule that counts how often the server has looked at it: once each time that it wakes."""

    count = 0

    def run_due(self, now: float) -> None:
        self.count += 1
        super().run_due(now)


class Running:
    """A server in a thread of its own, on a free port."""

    def __init__(self, site: Site, patience: Patience = PATIENCE, *tasks: Task, read_share: float = READ_SHARE) -> None:
        self.turns = Turns(*tasks)
        self._listener = listen("127.0.0.1", 0)
        self._stop, self._stopped = socket.socketpair()
        self.port: int = self._listener.getsockname()[1]
        self._server = Server(site, [self._listener], self._stopped, self.turns, patience, read_share=read_share)
        self._thread = threading.Thread(target=self._server.run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._stop.send(b"\0")
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        for ours in (self._listener, self._stop, self._stopped):
            ours.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(self, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def running(site: Site) -> Iterator[Running]:
    server = Running(site)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def seldom_reading(site: Site) -> Iterator[Running]:
    """A server that pauses for long after each read."""
    server = Running(site, read_share=0.05)
    server.start()
    yield server
    server.stop()


def everything(client: socket.socket) -> bytes:
    """What the server sends until it closes."""
    received = bytearray()
    while chunk := client.recv(65536):
        received += chunk
    return bytes(received)


def one_response(client: socket.socket) -> tuple[http.client.HTTPResponse, bytes]:
    response = http.client.HTTPResponse(client)
    response.begin()
    return response, response.read()


def test_a_page_is_served_with_its_exact_length(running: Running) -> None:
    response, body = running.ask("/now")
    assert (response.status, body) == (200, b"now\n")
    assert response.headers["Content-Length"] == "4"


def test_head_has_the_headers_of_get_and_no_body(running: Running) -> None:
    got, _ = running.ask("/big")
    head, body = running.ask("/big", "HEAD")
    without_date = [{**dict(answer.headers), "Date": ""} for answer in (got, head)]
    assert without_date[0] == without_date[1]
    assert body == b""


def test_a_connection_serves_request_after_request(running: Running, site: Site) -> None:
    with running.connect() as client:
        for number in (1, 2, 3):
            client.sendall(b"GET /read HTTP/1.1\r\n\r\n")
            assert one_response(client)[1] == f"read {number} for 127.0.0.1\n".encode()
    assert site.reads == 3


def test_requests_sent_ahead_are_answered_in_their_order(running: Running) -> None:
    with running.connect() as client:
        client.sendall(
            b"GET /now HTTP/1.1\r\n\r\nGET /read HTTP/1.1\r\n\r\nHEAD /now HTTP/1.1\r\n\r\nGET /other HTTP/1.1\r\n"
            b"Connection: close\r\n\r\n"
        )
        received = everything(client)
    assert received.count(b"HTTP/1.1 ") == 4
    assert received.index(b"\r\n\r\nnow\n") < received.index(b"read 1") < received.index(b"404 Not Found")
    assert received.endswith(b"\r\n\r\nno\n")


def test_an_old_client_gets_its_answer_and_the_end_of_the_connection(running: Running) -> None:
    with running.connect() as client:
        client.sendall(b"GET /now HTTP/1.0\r\n\r\n")
        assert everything(client).endswith(b"Connection: close\r\n\r\nnow\n")


def test_a_request_that_comes_byte_by_byte_is_one_request(running: Running) -> None:
    with running.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /now HTTP/1.1\r\n\r\n":
            client.send(bytes([byte]))
        assert one_response(client)[1] == b"now\n"


def test_a_big_body_arrives_intact_at_a_client_that_takes_it_slowly(running: Running) -> None:
    with running.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(b"GET /big HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert running.ask("/now")[1] == b"now\n"
        head, _, body = everything(slow).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(BIG)}".encode() in head
    assert body == BIG


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"GET / HTTP/3\r\n\r\n", 400),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET /now HTTP/1.1\r\n" + b"X-Header: y\r\n" * 20_000, 431),
    ],
)
def test_what_cannot_be_served_is_refused_in_words_and_ends_the_connection(
    running: Running, sent: bytes, status: int
) -> None:
    with running.connect() as client:
        client.sendall(sent)
        response, body = one_response(client)
        assert (response.status, client.recv(1)) == (status, b"")
    assert body.endswith(b".\n")


def test_a_request_with_a_body_is_answered_and_its_body_never_taken_for_a_request(running: Running) -> None:
    body = b"GET /read HTTP/1.1\r\n\r\n" * 20_000
    with running.connect() as client:
        client.sendall(b"POST /now HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert everything(client).count(b"HTTP/1.1 ") == 1


def test_a_hundred_clients_that_wait_are_answered_by_one_read(site: Site) -> None:
    running = Running(site)
    clients = [running.connect() for _ in range(100)]
    for client in clients:
        client.sendall(b"GET /read HTTP/1.1\r\nConnection: close\r\n\r\n")
    running.start()
    answers = {everything(client).partition(b"\r\n\r\n")[2] for client in clients}
    for client in clients:
        client.close()
    running.stop()
    assert answers == {b"read 1 for 127.0.0.1\n"}
    assert site.reads == 1


def test_clients_that_come_during_a_read_share_the_next_one(running: Running, site: Site) -> None:
    reading, go = threading.Event(), threading.Event()

    def hold() -> None:
        reading.set()
        assert go.wait(SECONDS)

    site.before_read = hold
    first = running.connect()
    first.sendall(b"GET /read HTTP/1.1\r\n\r\n")
    assert reading.wait(SECONDS)
    later = [running.connect() for _ in range(50)]
    for client in later:
        client.sendall(b"GET /read HTTP/1.1\r\n\r\n")
    go.set()
    assert one_response(first)[1] == b"read 1 for 127.0.0.1\n"
    assert {one_response(client)[1] for client in later} == {b"read 2 for 127.0.0.1\n"}
    for client in (first, *later):
        client.close()
    assert site.reads == 2


def test_after_a_read_most_of_a_core_is_left_to_the_engine_however_often_somebody_asks() -> None:
    assert pause_after(0.002) == pytest.approx(0.008)


def test_a_client_that_never_finishes_its_request_is_let_go_and_blocks_nobody() -> None:
    running = Running(Site(), Patience(head=0.2))
    running.start()
    with running.connect() as half_open, running.connect() as silent:
        half_open.sendall(b"GET /now HTTP/1.1\r\nHost:")
        assert running.ask("/read")[1] == b"read 1 for 127.0.0.1\n"
        assert (everything(half_open), everything(silent)) == (b"", b"")
    running.stop()


def test_a_client_that_never_takes_its_response_is_let_go_and_blocks_nobody() -> None:
    running = Running(Site(), Patience(send=0.2))
    running.start()
    with running.connect() as deaf:
        deaf.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert running.ask("/now")[1] == b"now\n"
        assert deaf.recv(1) == b"H"
        deadline = time.monotonic() + SECONDS
        while not _is_reset(deaf):
            assert time.monotonic() < deadline
    running.stop()


def _is_reset(client: socket.socket) -> bool:
    """Whether the other side has let the connection go, without taking anything of what it sent."""
    try:
        client.send(b"x")
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_an_idle_connection_is_let_go_when_its_time_is_over() -> None:
    running = Running(Site(), Patience(idle=0.2))
    running.start()
    with running.connect() as client:
        client.sendall(b"GET /now HTTP/1.1\r\n\r\n")
        assert everything(client).endswith(b"now\n")
    running.stop()


def test_clients_that_hold_every_connection_make_room_for_one_that_asks(running: Running) -> None:
    holders = [running.connect() for _ in range(2 * MAX_CONNECTIONS)]
    for holder in holders:
        holder.sendall(b"GET /now HTTP/1.1\r\n")
    assert running.ask("/read")[1] == b"read 1 for 127.0.0.1\n"
    for holder in holders:
        holder.close()


def test_clients_beyond_the_last_place_do_not_keep_the_server_awake(seldom_reading: Running, site: Site) -> None:
    running = seldom_reading
    reading, go = threading.Event(), threading.Event()

    def hold() -> None:
        reading.set()
        assert go.wait(SECONDS)

    def come() -> socket.socket:
        client = running.connect()
        client.sendall(b"GET /now HTTP/1.1\r\n\r\nGET /read HTTP/1.0\r\n\r\n")
        return client

    def waits(client: socket.socket) -> bool:
        received = b""
        while not received.endswith(b"now\n"):
            received += client.recv(1)
        return True

    site.before_read = hold
    with running.connect() as first:
        first.sendall(b"GET /read HTTP/1.0\r\n\r\n")
        assert reading.wait(SECONDS)
        clients = [come() for _ in range(MAX_CONNECTIONS - 1)]
        go.set()
        assert everything(first).endswith(b"read 1 for 127.0.0.1\n")
    assert all(map(waits, clients))
    clients.append(come())
    assert waits(clients[-1])
    clients.append(come())
    assert all(everything(client).endswith(b" for 127.0.0.1\n") for client in clients[:-1])
    assert running.turns.count < 8 * MAX_CONNECTIONS
    for client in clients:
        client.close()


def test_a_client_that_goes_while_it_waits_costs_nothing(running: Running, site: Site) -> None:
    reading, go = threading.Event(), threading.Event()

    def hold() -> None:
        reading.set()
        assert go.wait(SECONDS)

    site.before_read = hold
    with running.connect() as client:
        client.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert reading.wait(SECONDS)
    go.set()
    assert running.ask("/now")[1] == b"now\n"


def test_tasks_run_between_requests_until_the_end() -> None:
    seen = threading.Semaphore(0)
    running = Running(Site(), PATIENCE, Task(seen.release, pause=0.001))
    running.start()
    for _ in range(5):
        assert seen.acquire(timeout=SECONDS)
    assert running.ask("/now")[1] == b"now\n"
    running.stop()


def test_at_the_end_who_waits_is_answered_and_who_is_idle_let_go(site: Site) -> None:
    running = Running(site)
    running.start()
    reading, go = threading.Event(), threading.Event()

    def hold() -> None:
        reading.set()
        assert go.wait(SECONDS)

    site.before_read = hold
    idle, waiting = running.connect(), running.connect()
    waiting.sendall(b"GET /big HTTP/1.1\r\n\r\n")
    assert reading.wait(SECONDS)
    stopper = threading.Thread(target=running.stop)
    stopper.start()
    go.set()
    assert one_response(waiting)[1] == BIG
    assert everything(idle) == b""
    stopper.join(SECONDS)
    assert not stopper.is_alive()
    for client in (idle, waiting):
        client.close()


def test_at_the_end_a_client_that_takes_nothing_is_not_waited_for(running: Running) -> None:
    with running.connect() as deaf:
        deaf.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert deaf.recv(1) == b"H"
        running.stop()
