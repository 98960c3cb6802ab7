"""The program as it runs in a pod: its own process, real writers, real sockets, signals."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rayscope.exporter.http.listen import listen
from rayscope.exporter.http.server import MAX_CONNECTIONS
from rayscope.exporter.main import main
from rayscope.zipapp import build
from tests.unit.exporter.exporters import MODULE, Exporter
from tests.unit.exporter.test_site import DECLARE
from tests.unit.exporter.writers import PATIENCE_SECONDS, Writer, huge, until

TOKENS = 'vllm:prompt_tokens_total{engine="0"}'
RUNNING = 'vllm:num_requests_running{engine="0",pid="7"}'


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    with Writer(tmp_path, DECLARE, pid="7") as process:
        yield process


@pytest.fixture
def exporter(tmp_path: Path, writer: Writer) -> Iterator[Exporter]:
    assert writer.process.poll() is None
    with Exporter(tmp_path) as process:
        yield process


def readers(text: str) -> list[str]:
    """The lines that the writers are answerable for, not the exporter."""
    return [line for line in text.splitlines() if "rayscope_" not in line]


def test_what_writers_do_is_served(exporter: Exporter, writer: Writer) -> None:
    assert (exporter.value(TOKENS), exporter.value(RUNNING)) == (5, 3)
    writer.run("tokens.inc(2); running.set(4)")
    assert (exporter.value(TOKENS), exporter.value(RUNNING)) == (7, 4)


def test_a_dead_writers_gauge_is_gone_and_its_counter_stays_while_its_files_are_folded_away(
    exporter: Exporter, writer: Writer, tmp_path: Path
) -> None:
    assert exporter.value(RUNNING) == 3
    writer.kill()
    assert exporter.value(RUNNING) is None
    assert exporter.value(TOKENS) == 5
    until(lambda: exporter.value("rayscope_exporter_folded_files_total") == 3)
    assert not list(tmp_path.glob("*.db"))
    assert exporter.value(TOKENS) == 5


def test_steps_are_sampled_without_anybody_scraping(exporter: Exporter, writer: Writer) -> None:
    series = 'rayscope_vllm_requests_per_step_sampled_count{engine="0"}'

    def sampled() -> bool:
        writer.run("running.set(3)")
        return exporter.value(series) is not None

    until(sampled)


def test_it_says_what_it_does(tmp_path: Path) -> None:
    with Exporter(tmp_path / "later") as exporter:
        assert exporter.greeting.endswith(f"serving {tmp_path}/later at http://127.0.0.1:{exporter.port}/metrics")
        assert exporter.line() == f"rayscope-exporter: {tmp_path}/later is not there yet: waiting for it"
        assert exporter.ask("/healthz")[0].status == 200
        assert exporter.value("rayscope_exporter_directory_present") == 0
        (tmp_path / "later").mkdir()
        assert "reading" in exporter.line()
        assert exporter.stop() == 0
        assert exporter.line() == "rayscope-exporter: stopped by a signal"


def test_it_serves_on_where_nobody_reads_its_log(tmp_path: Path) -> None:
    directory = tmp_path / "later"
    with Exporter(directory) as exporter:
        assert exporter.process.stderr
        exporter.process.stderr.close()
        directory.mkdir()
        until(lambda: exporter.value("rayscope_exporter_directory_present") == 1)


def test_it_runs_without_a_standard_error(tmp_path: Path) -> None:
    program = (*MODULE, "--dir", str(tmp_path), "--port", "0")
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", *program]
    with subprocess.Popen(closed) as process:
        until(lambda: process.poll() is not None or (tmp_path / ".rayscope-lock").exists())
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def test_a_scraper_is_named_by_its_ipv4_address_on_a_socket_of_both_kinds_too(tmp_path: Path) -> None:
    with Exporter(tmp_path, "--host", "") as exporter:
        exporter.text()
        assert json.loads(exporter.ask("/status")[1])["scrapes"]["last"]["address"] == "127.0.0.1"


def test_the_variable_of_the_writers_makes_it_no_writer(tmp_path: Path, writer: Writer) -> None:
    before = {entry for entry in os.listdir(tmp_path) if entry.endswith(".db")}
    with Exporter(tmp_path, environment={"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}) as exporter:
        assert exporter.value(TOKENS) == 5
        assert exporter.value('rayscope_exporter_writers{state="live"}') == 1
    assert writer.process.poll() is None
    assert {entry for entry in os.listdir(tmp_path) if entry.endswith(".db")} == before


def test_a_port_that_is_taken_is_status_1_and_says_what_to_do(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [*MODULE, "--dir", str(tmp_path), "--port", port, "--host", "127.0.0.1"],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"rayscope-exporter: port {port} of 127.0.0.1 is taken by another process: "
        "choose another one with --port, or end that process\n"
    )


def test_a_mistake_is_status_2_before_anything_else_happens() -> None:
    with pytest.raises(SystemExit) as end:
        main(["--dir", "/metrics", "--port", "all of them"])
    assert end.value.code == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_a_signal(exporter: Exporter, number: int) -> None:
    assert exporter.stop(number) == 0


def test_it_stops_at_a_signal_whatever_its_clients_do(exporter: Exporter) -> None:
    address = ("127.0.0.1", exporter.port)
    with socket.create_connection(address) as silent, socket.create_connection(address) as half_open:
        half_open.sendall(b"GET /metrics HTTP/1.1\r\nHos")
        with socket.create_connection(address) as deaf:
            for _ in range(1000):
                deaf.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert exporter.ask("/healthz")[1] == b"ok\n"
            assert exporter.stop() == 0
        assert silent.recv(1) == b""


def test_it_stops_at_a_signal_in_the_middle_of_a_long_read(tmp_path: Path) -> None:
    with Exporter(tmp_path) as exporter, contextlib.ExitStack() as writers:
        for number in range(12):
            writers.enter_context(huge(tmp_path / f"counter_{number}.db", number))
        with socket.create_connection(("127.0.0.1", exporter.port)) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert exporter.stop() in (0, -signal.SIGALRM)


def test_it_stops_at_a_signal_before_the_directory_is_there(tmp_path: Path) -> None:
    with Exporter(tmp_path / "never") as exporter:
        assert exporter.stop() == 0


def test_a_body_is_whole_while_files_grow(exporter: Exporter, writer: Writer) -> None:
    def grow() -> None:
        for number in range(200):
            writer.run(f'Counter("vllm:grown_{number}", "{"x" * 2000}", ["a"]).labels("b").inc()')

    growing = threading.Thread(target=grow)
    growing.start()
    while growing.is_alive():
        response, body = exporter.ask("/metrics", accept_encoding="gzip", accept="application/openmetrics-text")
        text = gzip.decompress(body).decode()
        assert int(response.headers["Content-Length"]) == len(body)
        assert text.endswith("# EOF\n")
        assert f"{TOKENS} 5.0" in text
    text = exporter.text()
    assert text.count("\nvllm:grown_") == 200
    assert 'rayscope_exporter_read_errors_total{reason="garbled"} 0.0' in text


def test_files_too_big_for_its_memory_cost_a_503_and_never_the_program(tmp_path: Path) -> None:
    with Exporter(tmp_path) as exporter, contextlib.ExitStack() as writers:
        for number in range(12):
            writers.enter_context(huge(tmp_path / f"counter_{number}.db", number))
        assert exporter.ask()[0].status == 503
        assert exporter.ask("/healthz")[0].status == 200
        assert failing(exporter) == "memory"
        for file in tmp_path.glob("*.db"):
            file.unlink()
        with Writer(tmp_path, DECLARE, pid="7"):
            assert exporter.value(TOKENS) == 5
        assert failing(exporter) is None
        assert exporter.value('rayscope_exporter_failures_total{during="scrape",reason="memory"}') == 1
        assert exporter.resident_kib("VmHWM") < 128 * 1024


def failing(exporter: Exporter) -> object:
    return json.loads(exporter.ask("/status")[1])["failing"]


def test_dead_files_too_big_for_its_memory_do_not_end_the_program_either(tmp_path: Path) -> None:
    for number in range(12):
        huge(tmp_path / f"counter_{number}.db", number).close()
    with Exporter(tmp_path) as exporter:
        while not exporter.line().endswith("fold has failed: memory"):
            assert exporter.process.poll() is None
        assert exporter.ask("/healthz")[0].status == 200
        assert exporter.stop() == 0


def test_as_many_clients_as_it_takes_cost_little_memory(exporter: Exporter) -> None:
    exporter.text()
    before = exporter.resident_kib()
    clients = [socket.create_connection(("127.0.0.1", exporter.port)) for _ in range(MAX_CONNECTIONS)]
    for client in clients:
        client.sendall(b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")
    for client in clients:
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        client.close()
    assert exporter.resident_kib() - before < 8 * 1024


def _interpreters() -> Iterator[str]:
    """Other Pythons here that the exporter is meant for: on the path, or beside ours as version tools keep them."""
    beside = sorted(Path(sys.base_prefix).parent.glob("*/bin/python3"))
    for minor in range(9, 15):
        names = [shutil.which(f"python3.{minor}"), *(str(path) for path in beside if f"3.{minor}." in str(path))]
        working = [name for name in names if name and _runs(name)]
        yield from working[:1]


def _runs(name: str) -> bool:
    return subprocess.run([name, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("interpreter", [sys.executable, *_interpreters()])
def test_the_zipapp_serves_the_same_under_every_python(
    exporter: Exporter, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, interpreter: str
) -> None:
    file = tmp_path_factory.mktemp("app") / "exporter.pyz"
    file.write_bytes(build().data)
    with Exporter(tmp_path, program=(interpreter, "-I", "-B", str(file))) as zipped:
        assert readers(zipped.text()) == readers(exporter.text())
        names = [sorted(line for line in one.text().splitlines() if line[0] == "#") for one in (zipped, exporter)]
        assert names[0] == names[1]
        assert zipped.resident_kib("VmHWM") < 32 * 1024
        assert zipped.stop() == 0
