"""The pages, over a directory that real processes write to."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from rayscope import __version__
from rayscope.exporter.http.request import Request
from rayscope.exporter.http.response import Response
from rayscope.exporter.options import MERGED, PROCESS, Options
from rayscope.exporter.site import Site
from tests.unit.exporter.test_negotiation import PROMETHEUS_3
from tests.unit.exporter.writers import Writer

DECLARE = """
running = Gauge("vllm:num_requests_running", "Running.", ["engine"], multiprocess_mode="mostrecent").labels("0")
tokens = Counter("vllm:prompt_tokens", "Tokens.", ["engine"]).labels("0")
latency = Histogram("vllm:latency_seconds", "Latency.", ["engine"], buckets=(0.5, 1)).labels("0")
ray = Counter("ray_things", "Not ours.")
running.set(3); tokens.inc(5); latency.observe(0.7); ray.inc()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    with Writer(tmp_path, DECLARE, pid="7"):
        yield tmp_path


def options(directory: Path, gauges: str = PROCESS) -> Options:
    return Options(str(directory), 0, "", ("vllm:", "lmcache:"), gauges)


def ask(site: Site, path: str = "/metrics", method: str = "GET", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(method, path, named, keep_alive=True)
    return site.immediate(request) or site.read()(request, "10.0.0.9")


def text(site: Site) -> str:
    response = ask(site)
    assert response.status == 200
    return response.body.decode()


def status(site: Site) -> Any:
    response = ask(site, "/status")
    assert (response.status, response.content_type) == (200, "application/json")
    return json.loads(response.body)


def header(response: Response, name: str) -> str:
    return dict(response.headers).get(name, "")


def test_metrics_are_the_writers_families_and_our_own(directory: Path) -> None:
    lines = text(Site(options(directory))).splitlines()
    assert 'vllm:prompt_tokens_total{engine="0"} 5.0' in lines
    assert 'vllm:num_requests_running{engine="0",pid="7"} 3.0' in lines
    assert 'rayscope_exporter_writers{state="live"} 1.0' in lines
    assert not [line for line in lines if "ray_things" in line]


def test_merged_gauges_have_no_pid(directory: Path) -> None:
    lines = text(Site(options(directory, MERGED))).splitlines()
    assert 'vllm:num_requests_running{engine="0"} 3.0' in lines
    assert not [line for line in lines if "pid=" in line]


def test_the_text_format_is_one_that_prometheus_reads(directory: Path) -> None:
    response = ask(Site(options(directory)))
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    families = [family.name for family in text_families(response.body.decode())]
    assert len(families) == len(set(families)) > 20
    assert b"# EOF" not in response.body


def test_prometheus_gets_openmetrics_with_one_end(directory: Path) -> None:
    response = ask(Site(options(directory)), accept=PROMETHEUS_3)
    assert response.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = list(openmetrics_families(response.body.decode()))  # type: ignore[no-untyped-call]
    assert len(families) > 20
    assert response.body.count(b"# EOF") == 1
    assert response.body.endswith(b"\n# EOF\n")


def test_both_formats_have_the_same_samples(directory: Path) -> None:
    site = Site(options(directory))
    reading = site.read()
    bodies = [
        reading(Request("GET", "/metrics", {"accept": accept}, keep_alive=True), "10.0.0.9").body
        for accept in ("", PROMETHEUS_3)
    ]
    lines = [sorted(line for line in body.splitlines() if not line.startswith(b"#")) for body in bodies]
    assert lines[0] == lines[1]


def test_gzip_is_the_same_body_for_who_asks_for_it(directory: Path) -> None:
    site = Site(options(directory))
    reading = site.read()
    plain, zipped = (
        reading(Request("GET", "/metrics", {"accept-encoding": encoding}, keep_alive=True), "10.0.0.9")
        for encoding in ("", "gzip")
    )
    assert header(plain, "Content-Encoding") == ""
    assert header(zipped, "Content-Encoding") == "gzip"
    assert header(zipped, "Vary") == header(plain, "Vary") == "Accept, Accept-Encoding"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body) / 3


def test_a_read_is_written_out_once_for_all_who_share_it(directory: Path) -> None:
    reading = Site(options(directory)).read()
    request = Request("GET", "/metrics", {"accept-encoding": "gzip"}, keep_alive=True)
    assert reading(request, "10.0.0.1").body is reading(request, "10.0.0.2").body


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_pages_that_need_no_read_have_none(tmp_path: Path, path: str) -> None:
    site = Site(options(tmp_path))
    response = site.immediate(Request("GET", path, {}, keep_alive=True))
    assert response is not None
    assert response.status == 200


def test_the_first_page_says_what_this_is_and_where_to_go(tmp_path: Path) -> None:
    page = ask(Site(options(tmp_path)), "/").body.decode()
    for word in ("Rayscope exporter", __version__, 'href="/metrics"', 'href="/status"', 'href="/healthz"'):
        assert word in page


@pytest.mark.parametrize("path", ["/metric", "/metrics/", "//metrics", "*", "/../etc/passwd"])
def test_what_is_not_there_is_not_found(tmp_path: Path, path: str) -> None:
    response = ask(Site(options(tmp_path)), path)
    assert response.status == 404
    assert b"/metrics" in response.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"])
@pytest.mark.parametrize("path", ["/metrics", "/status", "/healthz", "/"])
def test_other_methods_are_not_allowed_and_told_which_are(tmp_path: Path, method: str, path: str) -> None:
    response = ask(Site(options(tmp_path)), path, method)
    assert (response.status, header(response, "Allow")) == (405, "GET, HEAD")


def test_a_directory_that_is_not_there_is_said_not_to_be_and_served_as_soon_as_it_is(tmp_path: Path) -> None:
    directory = tmp_path / "later"
    site = Site(options(directory))
    site.look()
    site.sample()
    site.fold()
    site.measure()
    assert "rayscope_exporter_directory_present 0.0" in text(site)
    assert status(site)["directory"] == {"path": str(directory), "present": False}
    directory.mkdir()
    with Writer(directory, DECLARE, pid="7"):
        lines = text(site).splitlines()
    assert "rayscope_exporter_directory_present 1.0" in lines
    assert 'vllm:prompt_tokens_total{engine="0"} 5.0' in lines


def test_a_directory_that_goes_takes_its_writers_and_nothing_else(directory: Path) -> None:
    site = Site(options(directory))
    assert "vllm:prompt_tokens_total" in text(site)
    gone = directory.rename(directory.with_name("gone"))
    site.sample()
    site.fold()
    site.measure()
    assert 'rayscope_exporter_writers{state="live"} 0.0' in text(site)
    assert "rayscope_exporter_directory_present 0.0" in text(site)
    assert status(site)["directory"]["present"] is False
    gone.rename(directory)
    assert "vllm:prompt_tokens_total" in text(site)
    assert "rayscope_exporter_directory_present 1.0" in text(site)


def test_a_label_that_is_no_utf_8_costs_its_character_and_nothing_else(tmp_path: Path) -> None:
    model = r'b"caf\xe9".decode("utf-8", "surrogateescape")'
    gauge = f'Gauge("vllm:num_requests_running", "h", ["model_name"], multiprocess_mode="mostrecent").labels({model})'
    with Writer(tmp_path, f"{gauge}.set(1)", pid="7"):
        lines = text(Site(options(tmp_path))).splitlines()
    assert 'vllm:num_requests_running{model_name="caf?",pid="7"} 1.0' in lines
    assert any(line.startswith('rayscope_vllm_last_step_age_seconds{model_name="caf?",pid="7"} ') for line in lines)


def test_status_tells_families_with_their_edges_writers_and_who_scraped(directory: Path) -> None:
    site = Site(options(directory))
    ask(site, user_agent="Prometheus/3.5.0")
    seen = status(site)
    families = {family["name"]: family for family in seen["families"]}
    assert families["vllm:latency_seconds"]["type"] == "histogram"
    assert families["vllm:latency_seconds"]["bounds"] == [0.5, 1.0]
    assert "ray_things" not in families
    assert [(writer["pid"], writer["state"]) for writer in seen["writers"]] == [("7", "live")]
    assert seen["liveness"] == {"works": True, "reason": "", "watching": True}
    assert seen["directory"]["present"] is True
    assert seen["directory"]["bytes"] > 0
    assert seen["damaged"] == seen["leftOut"] == seen["folding"]["errors"] == {}
    assert seen["failures"] == []
    last = seen["scrapes"]["last"]
    assert (last["address"], last["agent"]) == ("10.0.0.9", "Prometheus/3.5.0")
    assert seen["scrapes"]["served"] == 1
    assert seen["version"] == __version__


def test_an_answer_that_there_is_no_memory_for_is_told_until_there_is(tmp_path: Path) -> None:
    """Only to write it: what is read is little, and what is told of it much."""
    declare = 'many = Counter("vllm:many", "h", ["a"])\n[many.labels(f"{i:0>500}").inc() for i in range(5000)]'
    with Writer(tmp_path, declare, pid="7"):
        program = f"""
import json, resource
from rayscope.exporter.http.request import Request
from rayscope.exporter.options import Options
from rayscope.exporter.site import Site

def request(path):
    return Request("GET", path, {{}}, keep_alive=True)

def answer(path, reading):
    return reading(request(path), "10.0.0.9")

def failing():
    page = site.immediate(request("/status")) or answer("/status", site.read())
    return json.loads(page.body)["failing"]

site = Site(Options({str(tmp_path)!r}, 0, "", ("vllm:",), "process"))
reading = site.read()
resource.setrlimit(resource.RLIMIT_DATA, (1 << 20, resource.RLIM_INFINITY))
refused = answer("/metrics", reading).status
resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY,) * 2)
print(refused, failing(), answer("/metrics", site.read()).status, failing())
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["503", "memory", "200", "None"]


def test_status_tells_what_is_damaged(directory: Path) -> None:
    (directory / "counter_8.db").touch()
    (directory / "foreign.db").write_bytes(b"something else")
    seen = status(Site(options(directory)))
    assert seen["damaged"] == {"counter_8.db": "empty", "foreign.db": "foreign"}


def test_status_is_json_that_every_parser_takes(directory: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(ask(Site(options(directory)), "/status").body, parse_constant=refuse)


def test_many_clients_are_not_remembered_for_ever(directory: Path) -> None:
    reading = (site := Site(options(directory))).read()
    for number in range(100):
        reading(Request("GET", "/metrics", {"user-agent": "x" * 10_000}, keep_alive=True), f"10.0.1.{number}")
    clients = status(site)["scrapes"]["clients"]
    assert [client["address"] for client in clients] == [f"10.0.1.{number}" for number in range(84, 100)]
    assert max(len(client["agent"]) for client in clients) == 200
