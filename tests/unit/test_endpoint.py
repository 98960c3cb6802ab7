"""The route in a real FastAPI app under real uvicorn, with one process and with two."""

import contextlib
import gzip
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rayscope.endpoint import MetricsEndpoint
from tests.plane.ports import HeldPort

READY_WITHIN = 60.0


class App:
    """A running uvicorn with the app of endpoint_app.py."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        request = urllib.request.Request(self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
        except urllib.error.HTTPError as error:
            return error.code, error.read(), {k.lower(): v for k, v in error.headers.items()}

    def value(self, sample: str) -> float | None:
        families = text_string_to_metric_families(self.get("/metrics")[1].decode())
        return next((s.value for family in families for s in family.samples if s.name == sample), None)

    def work(self, requests: int) -> set[int]:
        """The pids that answered."""
        return {json.loads(self.get(f"/work/{number}")[1])["pid"] for number in range(1, requests + 1)}


@contextlib.contextmanager
def running(log: Path, directory: Path | None, *, workers: int = 1) -> Iterator[App]:
    environment = {k: v for k, v in os.environ.items() if k != "PROMETHEUS_MULTIPROC_DIR"}
    if directory is not None:
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    with HeldPort() as port, log.open("wb") as output:
        options = ["--port", str(port.number), "--workers", str(workers)]
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "tests.unit.endpoint_app:app", *options],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            app = App(f"http://127.0.0.1:{port.number}", log)
            wait_until_ready(app, process)
            yield app
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def wait_until_ready(app: App, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            app.get("/metrics")
            return
        time.sleep(0.1)
    pytest.fail(f"the app did not start: {app.log.read_text()}")


def test_two_processes_are_shown_as_one(tmp_path: Path) -> None:
    shared = tmp_path / "metrics"
    shared.mkdir()
    with running(tmp_path / "log", shared, workers=2) as app:
        pids: set[int] = set()
        requests = 0
        while len(pids) < 2 and requests < 2000:
            pids |= app.work(20)
            requests += 20
        assert len(pids) == 2
        assert {app.value("app_requests_total") for _ in range(10)} == {float(requests)}
        assert app.value("app_latest_request") == 20.0


def logged(log: Path) -> str:
    return log.read_text()


def test_without_the_variable_one_process_shows_its_own(tmp_path: Path) -> None:
    with running(tmp_path / "log", None) as app:
        app.work(3)
        assert app.value("app_requests_total") == 3.0
        assert app.value("process_start_time_seconds") is not None
    assert logged(tmp_path / "log").count("PROMETHEUS_MULTIPROC_DIR is not set") == 1


def test_a_missing_directory_is_an_error_in_the_log_and_the_app_still_starts(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with running(tmp_path / "log", missing) as app:
        app.work(2)
        assert app.value("app_requests_total") == 2.0
    assert f"PROMETHEUS_MULTIPROC_DIR={missing} is ignored: it is not a directory" in logged(tmp_path / "log")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="/proc is the directory that even root cannot write")
def test_a_read_only_directory_is_an_error_in_the_log_and_the_app_still_starts(tmp_path: Path) -> None:
    with running(tmp_path / "log", Path("/proc")) as app:
        app.work(2)
        assert app.value("app_requests_total") == 2.0
    assert "PROMETHEUS_MULTIPROC_DIR=/proc is ignored: it cannot be written" in logged(tmp_path / "log")


def test_format_and_compression_follow_the_request(tmp_path: Path) -> None:
    with running(tmp_path / "log", None) as app:
        _, plain, headers = app.get("/metrics")
        assert headers["content-type"].startswith("text/plain")
        _, squeezed, headers = app.get("/metrics", Accept_Encoding="gzip")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(squeezed).startswith(plain[:100])
        _, openmetrics, headers = app.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert headers["content-type"].startswith("application/openmetrics-text")
        assert openmetrics.endswith(b"# EOF\n")


def test_the_endpoint_can_be_pickled_as_ray_serve_does() -> None:
    assert isinstance(pickle.loads(pickle.dumps(MetricsEndpoint())), MetricsEndpoint)
