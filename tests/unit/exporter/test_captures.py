"""Directories that real vLLM and Ray processes wrote; captures/README.md tells what is true of each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.layout import parse_name
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.numbers.collector import Collector, Exposition

CAPTURES = Path(__file__).parent / "captures"
VLLM = ("vllm:", "lmcache:")

_HOLDER = """
import sys
held = [open(path, "r+b") for path in sys.argv[1:]]
print("holding", flush=True)
sys.stdin.read()
"""

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], str]


@contextmanager
def held(*files: Path) -> Iterator[None]:
    """A process has these files open for writing, as the one that wrote them had."""
    command = [sys.executable, "-c", _HOLDER, *map(str, files)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"holding\n"
        yield


class Capture:
    """A copy of a capture, of which the processes `alive` live."""

    def __init__(self, name: str, path: Path, stack: ExitStack) -> None:
        self.directory = Path(shutil.copytree(CAPTURES / name, path / name))
        self._stack = stack
        self.liveness = Liveness(str(self.directory))
        stack.callback(self.liveness.close)
        self.archive = Archive(str(self.directory))

    def live(self, *pids: str) -> None:
        for pid in pids:
            files = [file for file in self.directory.iterdir() if file.stem.split("_")[-1] == pid]
            assert files
            self._stack.enter_context(held(*files))

    def scrape(self, families: tuple[str, ...], gauges: str) -> Exposition:
        return Collector(str(self.directory), families, gauges, self.liveness, self.archive).scrape()

    def fold(self) -> None:
        folder = Folder(str(self.directory), self.liveness, self.archive, grace=0)
        folder.fold()
        folder.fold()
        folder.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): repr(sample.value)
        for family in parse_text(text)
        for sample in family.samples
    }


def of(name: str, found: Samples) -> dict[str, float]:
    """The samples of that name by pid; by nothing where there is none."""
    return {dict(labels).get("pid", ""): float(value) for (sample, labels), value in found.items() if sample == name}


def stock(name: str) -> Samples:
    return samples((CAPTURES / f"{name}.stock.txt").read_text())


def test_two_api_servers_of_one_engine_give_what_vllm_itself_answers(tmp_path: Path, stack: ExitStack) -> None:
    capture = Capture("vllm-two-api-servers", tmp_path, stack)
    capture.live("16233", "16234")
    truth = (CAPTURES / "vllm-two-api-servers.truth.txt").read_text()
    answer = capture.scrape((), "merged").text().decode()
    assert samples(answer) == samples(truth)
    assert sorted(answer.splitlines()) == sorted(truth.splitlines())


def test_openmetrics_has_the_same_355_samples(tmp_path: Path, stack: ExitStack) -> None:
    capture = Capture("vllm-two-api-servers", tmp_path, stack)
    capture.live("16233", "16234")
    answer = capture.scrape((), "merged")
    families = list(parse_openmetrics(answer.openmetrics().decode() + "# EOF\n"))  # type: ignore[no-untyped-call]
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): repr(float(sample.value))
        for family in families
        for sample in family.samples
    }
    assert len(found) == 355
    assert found == samples(answer.text().decode())
    types = {family.name: family.type for family in families}
    assert types["vllm:iteration_tokens_total"] == "histogram"
    assert types["vllm:prompt_tokens"] == "counter"


def test_two_engines_in_one_pod_keep_their_own_gauges(tmp_path: Path, stack: ExitStack) -> None:
    capture = Capture("ray-head-two-replicas-under-load", tmp_path, stack)
    capture.live("20812", "20814", "21705", "21706")
    found = samples(capture.scrape(VLLM, "process").text().decode())
    running = of("vllm:num_requests_running", found)
    assert running == {"21705": 19.0, "21706": 21.0}
    assert sum(running.values()) == 40.0
    assert {name for name, _ in found if not name.startswith("vllm:")} == set()


def test_counters_and_histograms_of_two_engines_add_up_as_in_stock(tmp_path: Path, stack: ExitStack) -> None:
    name = "ray-head-two-replicas-under-load"
    capture = Capture(name, tmp_path, stack)
    capture.live("21705", "21706")
    answer = capture.scrape((), "process")
    gauges = {family.name for family in answer.families if family.type == "gauge"}
    found, expected = samples(answer.text().decode()), stock(name)
    sums = {key: value for key, value in expected.items() if key in found and key[0] not in gauges}
    assert len(sums) > 300
    assert {key: found[key] for key in sums} == sums
    assert {key for key in found if key[0] not in gauges} == set(sums)


def test_an_engine_that_was_killed_runs_nothing_and_its_heir_has_not_said_anything_yet(
    tmp_path: Path, stack: ExitStack
) -> None:
    name = "kind-worker-replica-killed-then-idle"
    capture = Capture(name, tmp_path, stack)
    capture.live("1123")
    found = samples(capture.scrape((), "process").text().decode())
    assert of("vllm:num_requests_running", stock(name)) == {"": 30.0}
    assert of("vllm:num_requests_running", found) == {}


@pytest.mark.parametrize("folded", [False, True], ids=["still there", "folded"])
def test_what_a_killed_engine_has_counted_stays(tmp_path: Path, stack: ExitStack, *, folded: bool) -> None:
    name = "kind-worker-replica-killed-then-idle"
    capture = Capture(name, tmp_path, stack)
    capture.live("1123")
    if folded:
        capture.fold()
        left = {file.pid for entry in capture.directory.iterdir() for file in [parse_name(entry.name)] if file}
        assert left == {"1123"}
    answer = capture.scrape((), "process")
    gauges = {family.name for family in answer.families if family.type == "gauge"}
    found = {key: value for key, value in samples(answer.text().decode()).items() if key[0] not in gauges}
    expected = stock(name)
    assert found
    assert found == {key: value for key, value in expected.items() if key in found}
    assert {key[0] for key in expected if key not in found} == {
        key[0] for key in expected if key[0] in _gauges(expected)
    }


def _gauges(found: Samples) -> set[str]:
    """Names that neither a counter nor a histogram has."""
    return {name for name, _ in found if not name.endswith(("_total", "_bucket", "_sum", "_count"))}
