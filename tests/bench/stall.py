"""What a scrape does to the latency of an app that is busy answering: p99 of tiny requests, sent at a steady pace.

Three states take turns in one run, over the same directory of a pod with eight vLLM-like processes: nobody scrapes; the
stock route in the app itself is scraped (`make_asgi_app` over MultiProcessCollector); our exporter is scraped instead.
A request's latency counts from when it was due, so that what waits behind a stall is not forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rayscope.zipapp import build
from tests.plane.ports import HeldPort, reachable
from tests.unit.exporter.exporters import Exporter
from tests.unit.exporter.writers import until

PROCESSES = 8
ROUNDS = 18
SECONDS = 1.0
"""Of each state in a round: short, so that what else the machine does meets all states alike."""
PER_SECOND = 200
SCRAPE_SECONDS = 0.5
CONNECTIONS = 16
PROMETHEUS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "Accept-Encoding": "gzip",
}


class Target(NamedTuple):
    """What is scraped."""

    port: int
    path: str


def lines() -> Iterator[dict[str, Any]]:
    """One line: medians over rounds of each state's p99, in ms; `ratio` is ours over none."""
    with _pod() as (app, exporter):
        # Starlette redirects from a mounted path without its slash.
        targets = {"none": None, "stock": Target(app, "/metrics/"), "ours": Target(exporter, "/metrics")}
        for target in targets.values():
            asyncio.run(_latencies(app, target, 2 * SCRAPE_SECONDS))
        rounds = [_round(app, targets, number) for number in range(ROUNDS)]
    medians = {state: statistics.median(one[state] for one in rounds) * 1e3 for state in targets}
    yield {
        "bench": "stall",
        **{f"{state}_ms": round(median, 2) for state, median in medians.items()},
        "ratio": round(medians["ours"] / medians["none"], 2),
        "stock_ratio": round(medians["stock"] / medians["none"], 2),
    }


def _round(app: int, targets: Mapping[str, Target | None], number: int) -> dict[str, float]:
    """Each state's p99; another state comes first every time."""
    states = [*targets][number % len(targets) :] + [*targets][: number % len(targets)]
    return {state: _p99(asyncio.run(_latencies(app, targets[state], SECONDS))) for state in states}


@contextlib.contextmanager
def _pod() -> Iterator[tuple[int, int]]:
    """A directory in memory, its processes, the app and the exporter; the ports of the two."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with TemporaryDirectory(dir=memory) as made, contextlib.ExitStack() as processes:
        directory = Path(made)
        program = directory / "exporter.pyz"
        program.write_bytes(build().data)
        metrics = directory / "metrics"
        metrics.mkdir()
        processes.enter_context(_writers(metrics))
        app = processes.enter_context(_app(metrics))
        exporter = processes.enter_context(Exporter(metrics, program=(sys.executable, "-I", "-B", str(program))))
        yield app, exporter.port


@contextlib.contextmanager
def _writers(directory: Path) -> Iterator[None]:
    """The vLLM-like processes, once all of them have written."""
    program = [sys.executable, "-m", "tests.bench.vllm_writers", str(directory), str(PROCESSES), "0", "1"]
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)}
    with subprocess.Popen(program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield


@contextlib.contextmanager
def _app(directory: Path) -> Iterator[int]:
    """The app's port, once it answers."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)}
    with HeldPort() as port:
        program = [sys.executable, "-m", "tests.bench.stall_app", str(port.number)]
        with subprocess.Popen(program, env=environment) as process:
            try:
                until(lambda: reachable("127.0.0.1", port.number))
                yield port.number
            finally:
                process.kill()


async def _latencies(app: int, target: Target | None, seconds: float) -> list[float]:
    """Of requests to the app, in seconds, while `target` is scraped."""
    done = threading.Event()
    scraper = threading.Thread(target=_scrape, args=(target, done))
    scraper.start()
    try:
        return await _requests(app, seconds)
    finally:
        done.set()
        await asyncio.to_thread(scraper.join)


def _scrape(target: Target | None, done: threading.Event) -> None:
    """As Prometheus does, on one connection, from a thread of its own."""
    if target is None:
        return
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    while not done.is_set():
        connection.request("GET", target.path, headers=PROMETHEUS)
        response = connection.getresponse()
        assert response.status == 200
        assert len(response.read()) > 1000
        done.wait(SCRAPE_SECONDS)
    connection.close()


async def _requests(port: int, seconds: float) -> list[float]:
    """PER_SECOND requests at equal distances, each on the next free connection."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    latencies: list[float] = []

    async def request(due: float) -> None:
        reader, writer = connection = await free.get()
        writer.write(b"GET /token HTTP/1.1\r\nHost: app\r\n\r\n")
        await reader.readuntil(b"\r\n\r\ntoken")
        latencies.append(time.perf_counter() - due)
        free.put_nowait(connection)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * PER_SECOND)):
            due = began + number / PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(request(due))
    while not free.empty():
        free.get_nowait()[1].close()
    return latencies


def _p99(latencies: list[float]) -> float:
    return statistics.quantiles(latencies, n=100)[-1]
