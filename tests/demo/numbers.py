"""The second half of the demo: live processes write vLLM's metrics, and the exporter reads them from outside.

It is the very file that the injected pods would run, with the arguments that they would give it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from rayscope.model.names import MULTIPROC_VARIABLE
from tests.demo.story import Story
from tests.plane.ports import HeldPort
from tests.plane.waiting import eventually

RUNNING = "vllm:num_requests_running"
TOKENS = "vllm:generation_tokens_total"
COUNT = "vllm:e2e_request_latency_seconds_count"


class Replica:
    """A live writer, and its own word about what it did."""

    def __init__(self, directory: Path, running: int, requests: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.demo.replica", str(running), str(requests)],
            env=os.environ | {MULTIPROC_VARIABLE: str(directory)},
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.truth: dict[str, float] = json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def tell(story: Story, zipapp: bytes) -> None:
    """Two replicas with equal labels; what each reader makes of them; then one dies."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        directory = Path(name)
        replicas = [Replica(directory, 19, 442), Replica(directory, 21, 553)]
        try:
            with exporter(directory, zipapp) as url:
                before(story, directory, url, replicas)
                replicas[0].kill()
                after(story, url, replicas)
        finally:
            for replica in replicas:
                replica.kill()


def before(story: Story, directory: Path, url: str, replicas: list[Replica]) -> None:
    truth = {key: sum(replica.truth[key] for replica in replicas) for key in ("running", "tokens", "requests")}
    ours, stock = scraped(url), samples(stock_text(directory))
    story.table(
        ("", "written", "Rayscope", "prometheus_client's own reader"),
        (
            ("requests running", f"{truth['running']:g}", f"{total(ours, RUNNING):g}", f"{total(stock, RUNNING):g}"),
            ("tokens generated", f"{truth['tokens']:g}", f"{total(ours, TOKENS):g}", f"{total(stock, TOKENS):g}"),
            ("latencies observed", f"{truth['requests']:g}", f"{total(ours, COUNT):g}", f"{total(stock, COUNT):g}"),
        ),
    )
    story.check("all running requests are counted", holds=total(ours, RUNNING) == truth["running"])
    story.check("all tokens are counted", holds=total(ours, TOKENS) == truth["tokens"])
    story.check("all latencies are counted", holds=total(ours, COUNT) == truth["requests"])
    for sample in ours:
        if sample.name == RUNNING:
            labels = ", ".join(f"{name}={value}" for name, value in sample.labels.items())
            story.say(f"[dim]{sample.name}{{{labels}}} {sample.value:g}[/]")


def after(story: Story, url: str, replicas: list[Replica]) -> None:
    alive = replicas[1].truth["running"]
    story.say(f"kill -9 {replicas[0].process.pid}")
    gone = eventually(lambda: total(scraped(url), RUNNING) == alive, "the dead replica's gauge is gone", limit=10)
    ours = scraped(url)
    story.check("the dead replica's running requests are gone at once", holds=gone, seen=f"{total(ours, RUNNING):g}")
    tokens = sum(replica.truth["tokens"] for replica in replicas)
    story.check("its tokens are still counted", holds=total(ours, TOKENS) == tokens, seen=f"{total(ours, TOKENS):g}")


@contextlib.contextmanager
def exporter(directory: Path, zipapp: bytes) -> Iterator[str]:
    """The exporter as a process of its own, outside the writers; its address."""
    with HeldPort() as port, tempfile.NamedTemporaryFile(suffix=".pyz") as program:
        program.write(zipapp)
        program.flush()
        arguments = ["--dir", str(directory), "--port", str(port.number)]
        process = subprocess.Popen([sys.executable, "-I", "-B", program.name, *arguments])
        url = f"http://127.0.0.1:{port.number}"
        try:
            eventually(lambda: answers(url), "the exporter answers", limit=20)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=10)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def scraped(url: str) -> list[Sample]:
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
        return samples(answer.read().decode())


def stock_text(directory: Path) -> str:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry).decode()


def samples(text: str) -> list[Sample]:
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def total(found: list[Sample], name: str) -> float:
    return sum(sample.value for sample in found if sample.name == name)
