"""Clients that never stop asking while something happens: what was said instead of an answer is known."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.e2e.figures import FIGURES
from tests.e2e.service import Answer, Request, Service, troubles

CLIENTS = 2
BETWEEN_SECONDS = 0.2
REQUEST = Request(3, 2, 0.5)


@contextmanager
def held(service: Service, requests: list[Request], name: str) -> Iterator[None]:
    """REQUESTS run from the block's beginning to its end, however that comes; NAME is theirs alone."""
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(service.ask, requests, until=name)
        try:
            yield
        finally:
            service.release(name)
    asking.result()


class Traffic:
    """What has come of it so far."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def all_answered(self, when: str) -> None:
        """Note how many were asked and how many were answered, and fail with what was said instead of an answer."""
        FIGURES.compared(f"answers, {when}", len(self.answers), sum(map(bool, self.answers)))
        said = troubles(self.answers)
        assert not said, said
        assert self.answers, "nobody has asked"


@contextmanager
def traffic(service: Service) -> Iterator[Traffic]:
    """For as long as the block takes: each client asks at its beginning, however short it is, and then again."""
    seen, over = Traffic(), threading.Event()

    def ask() -> None:
        while True:
            seen.answers.extend(service.ask([REQUEST]))
            if over.wait(BETWEEN_SECONDS):
                return

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(ask) for _ in range(CLIENTS)]
        try:
            yield seen
        finally:
            over.set()
    for client in clients:
        client.result()
