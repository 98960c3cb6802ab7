"""Asking pods: real exporters and real servers on loopback, and what does not answer."""

from __future__ import annotations

import contextlib
import gzip
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rayscope.control.asking import Answer, Asking, Shown
from rayscope.control.pods import Pod
from rayscope.control.rounds import Rounds
from rayscope.model.rules import Indicator
from rayscope.model.status import Source
from tests.plane.ports import HeldPort
from tests.unit.exporter.exporters import Exporter
from tests.unit.exporter.writers import huge

HOST = "127.0.0.1"
ATTEMPTS = 10
TESTS = Path(__file__).parents[1]
CAPTURE = TESTS / "exporter" / "captures" / "vllm-two-api-servers"
RAYS_PORT = gzip.decompress((TESTS / "render" / "ray-2.60.0-metrics-port.txt.gz").read_bytes())


ENDLESS = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    client, _ = server.accept()
    client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
    while True:
        client.sendall(b" " * (1 << 20))
"""


@contextmanager
def endless() -> Iterator[int]:
    """A port of another process, where the first GET has an answer that never ends."""
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE) as running:
        assert running.stdout
        try:
            yield int(running.stdout.readline())
        finally:
            running.kill()


@contextmanager
def server(body: bytes, status: int = 200, **headers: str) -> Iterator[int]:
    """A port where every GET has this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            with contextlib.suppress(OSError):  # the reader has seen enough
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer((HOST, 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield running.server_port
        finally:
            running.shutdown()


async def answer(exporter: Exporter) -> Answer:
    """What it says, however busy the machine is: it is asked again if the time for it is over."""
    async with Asking() as asking:
        for _ in range(ATTEMPTS):
            if (told := (await asking.exporter(HOST, exporter.port)).answer) is not Answer.UNREACHABLE:
                break
        return told


def captured(tmp_path: Path) -> Path:
    """What vLLM's processes wrote, in a directory that the exporter may write to."""
    return Path(shutil.copytree(CAPTURE, tmp_path / "captured"))


def pod(uid: str, port: int, ray_port: int, *, ready: bool = True, cluster: str = "llm-a") -> Pod:
    return Pod(uid, cluster, "headgroup", injected=True, ready=ready, address=HOST, port=port, ray_port=ray_port)


async def test_an_exporter_that_nobody_has_scraped_yet_looks_for_vllms_families_when_it_is_asked(
    tmp_path: Path,
) -> None:
    with Exporter(captured(tmp_path)) as exporter:
        assert await answer(exporter) is Answer.ENGINE


async def test_an_exporter_that_shows_nothing_says_why(tmp_path: Path) -> None:
    with contextlib.ExitStack() as writers:
        for number in range(12):
            writers.enter_context(huge(tmp_path / f"counter_{number}.db", number))
        with Exporter(tmp_path) as exporter:
            assert await answer(exporter) is Answer.OUT_OF_MEMORY


async def test_any_other_reason_is_in_its_log() -> None:
    async with Asking() as asking:
        with server(b'{"failing": "mistake"}') as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.FAILING


async def test_an_exporter_of_an_empty_directory_is_alive(tmp_path: Path) -> None:
    with Exporter(tmp_path) as exporter:
        assert await answer(exporter) is Answer.ALIVE


async def test_a_port_where_nobody_listens_or_something_else_does_has_no_exporter() -> None:
    async with Asking() as asking:
        with HeldPort() as held:
            assert (await asking.exporter(HOST, held.number)).answer is Answer.NONE
        with server(b"<html>") as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE
        with server(b"", 404) as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE


@pytest.mark.parametrize(
    "status",
    [
        b"[]",
        b'{"scrapes": [1]}',
        b'{"scrapes": {"served": 1}, "families": 5}',
        b'{"scrapes": {"served": 1}, "families": ["vllm:x"]}',
        b'{"families": [{"name": "vllm:time_to_first_token_seconds", "bounds": ["x"]}]}',
        b'{"families": [{"name": "vllm:time_to_first_token_seconds", "bounds": [[]]}]}',
        b"[" * 100_000,
    ],
    ids=["a list", "scrapes", "families", "a family", "a bound", "bounds", "too deep"],
)
async def test_a_status_of_another_shape_is_nobodys(status: bytes) -> None:
    async with Asking() as asking:
        with server(status) as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE


async def test_where_a_first_scrape_brings_nothing_its_status_is_asked_again() -> None:
    async with Asking() as asking:
        with server(b'{"scrapes": {"served": 0}, "families": []}', Content_Length="100") as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.UNREACHABLE, "it breaks off"
        with server(b'{"scrapes": {"served": 0}, "families": []}') as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.ALIVE


async def test_an_edge_on_rays_port_that_is_no_number_is_no_edge() -> None:
    bucket = 'ray_vllm_time_to_first_token_seconds_bucket{{le="{}"}} 1\n'
    metrics = "".join(map(bucket.format, ("0.5", "1e-05", "x", "1e", "+Inf", "1.0"))).encode()
    async with Asking() as asking:
        with server(metrics) as port:
            shown = await asking.ray(HOST, port, edges=True)
    assert shown == Shown(engine=True, edges={Indicator.TIME_TO_FIRST_TOKEN: frozenset({1e-05, 0.5, 1.0})})


async def test_a_status_without_an_end_is_none_and_costs_no_memory() -> None:
    with endless() as port:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        async with Asking() as asking:
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


async def test_what_is_packed_is_not_unpacked() -> None:
    with server(gzip.compress(b"{}"), Content_Encoding="gzip") as port:
        async with Asking() as asking:
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE


async def test_nobody_sends_it_anywhere_else() -> None:
    async with Asking() as asking:
        with (
            server(b'{"as": "ray_vllm_"}') as elsewhere,
            server(b"", 302, Location=f"http://{HOST}:{elsewhere}/") as port,
        ):
            assert (await asking.exporter(HOST, port)).answer is Answer.NONE
            assert await asking.ray(HOST, port) == Shown(engine=False)


async def test_what_may_be_a_mesh_or_the_network_is_unreachable() -> None:
    async with Asking() as asking:
        with server(b"upstream connect error", 503) as port:
            assert (await asking.exporter(HOST, port)).answer is Answer.UNREACHABLE
        with socket.create_server((HOST, 0)) as mute:
            assert (await asking.exporter(HOST, mute.getsockname()[1])).answer is Answer.UNREACHABLE
            assert await asking.ray(HOST, mute.getsockname()[1]) is None


async def test_rays_port_is_read_until_the_first_of_vllms_metrics() -> None:
    metrics = b"ray_vllm_num_requests_running{} 1\n" + RAYS_PORT * 16
    async with Asking() as asking:
        with server(metrics) as port:
            assert await asking.ray(HOST, port) == Shown(engine=True)
        with server(RAYS_PORT.replace(b"ray_vllm_", b"ray_llm_")) as port:
            assert await asking.ray(HOST, port) == Shown(engine=False)


async def test_bucket_edges_are_read_off_either_way(tmp_path: Path) -> None:
    """vLLM's own defaults, as real processes of it wrote them."""
    async with Asking() as asking:
        with Exporter(captured(tmp_path)) as exporter:
            reported = (await asking.exporter(HOST, exporter.port)).edges
        with server(RAYS_PORT) as port:
            shown = await asking.ray(HOST, port, edges=True)
    assert shown
    assert reported == shown.edges
    assert {0.001, 0.5, 0.75, 1.0} <= reported[Indicator.TIME_TO_FIRST_TOKEN]
    assert {0.01, 0.025, 0.1} <= reported[Indicator.INTER_TOKEN]
    assert min(reported[Indicator.END_TO_END]) == 0.3


async def test_rays_port_is_read_for_edges_only_where_they_are_wanted(tmp_path: Path) -> None:
    rounds = Rounds({})
    async with Asking() as asking:
        with Exporter(tmp_path) as exporter, server(RAYS_PORT) as ray:
            pods = (pod("a", exporter.port, ray),)
            assert (await rounds.look(pods, ["llm-a"], asking)).edges == {"llm-a": {}}
            rounds.again()
            assert (await rounds.look(pods, ["llm-a"], asking, measured=True)).edges["llm-a"].keys() == set(Indicator)


async def test_a_source_once_seen_stays_until_its_cluster_ends(tmp_path: Path) -> None:
    rounds, both = Rounds({}), frozenset({Source.MULTIPROCESS, Source.RAY})
    async with Asking() as asking:
        with Exporter(captured(tmp_path)) as exporter, server(b"ray_vllm_x 1\n") as ray:
            pods = (pod("a", exporter.port, ray),)
            seen = await rounds.look(pods, ["llm-a"], asking)
            assert seen.answers == {"a": Answer.ENGINE}
            assert seen.sources == {"llm-a": both}
        rounds.again()
        seen = await rounds.look(pods, ["llm-a"], asking)
        assert seen.answers == {"a": Answer.NONE}
        assert seen.sources == {"llm-a": both}
        assert (await rounds.look((), ["llm-b"], asking)).sources == {"llm-b": frozenset()}


async def test_a_pod_is_asked_when_it_becomes_ready_and_not_at_every_look(tmp_path: Path) -> None:
    rounds = Rounds({})
    async with Asking() as asking:
        with HeldPort() as held:
            unready = pod("a", held.number, held.number, ready=False)
            assert (await rounds.look((unready,), ["llm-a"], asking)).answers == {"a": Answer.NONE}
        with Exporter(tmp_path) as exporter:
            moved = pod("a", exporter.port, exporter.port, ready=False)
            assert (await rounds.look((moved,), ["llm-a"], asking)).answers == {"a": Answer.NONE}
            ready = pod("a", exporter.port, exporter.port)
            assert (await rounds.look((ready,), ["llm-a"], asking)).answers == {"a": Answer.ALIVE}


async def test_who_has_not_told_all_is_asked_again_without_news_and_ever_later(tmp_path: Path) -> None:
    rounds, pauses = Rounds({}), []
    async with Asking() as asking:
        with HeldPort() as held:
            for _ in range(8):
                await rounds.look((pod("a", held.number, held.number),), ["llm-a"], asking)
                pauses.append(rounds.pause)
                rounds.again()  # as if that time had passed
        assert pauses == [31.0, 61.0, 121.0, 241.0, 481.0, 600.0, 600.0, 600.0]
        with Exporter(tmp_path) as alive, HeldPort() as held:
            new = (pod("a", alive.port, held.number), pod("b", alive.port, held.number))
            await rounds.look(new, ["llm-a"], asking)
            assert rounds.pause == 31.0, "a new pod is asked as soon as the first one was"
        rounds.again()
        with Exporter(captured(tmp_path / "captured")) as engine, HeldPort() as held:
            await rounds.look((pod("a", engine.port, held.number),), ["llm-a"], asking)
            assert rounds.pause is None


async def test_a_source_that_was_seen_does_not_excuse_an_exporter_that_was_not_reached() -> None:
    rounds = Rounds({"llm-a": frozenset({Source.RAY})})
    async with Asking() as asking:
        with HeldPort() as held:
            await rounds.look((pod("a", held.number, held.number),), ["llm-a"], asking)
    assert rounds.pause
