"""The exporter against prometheus_client's MultiProcessCollector, over programs that come, count, grow, die and return.

The reference reads a second directory of hard links: every file of counters, histograms and summaries that ever was,
and the gauge files of the living. Lines are compared as text: names, labels, escapes, bounds, help and numbers.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections import Counter as Lines
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import Counter, Gauge, values
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.numbers.collector import Collector, Exposition
from tests.unit.exporter.programs import POOL, Metric, Program
from tests.unit.exporter.reference import Reference

COMPARISONS = 5000
EXPLORING = settings(deadline=None, database=None, derandomize=True, phases=[Phase.generate])
"""The same histories everywhere; a history that fails is short enough to read, and shrinking it would take minutes."""
PIDS = ("1", "7", "21705", "worker-1")
TEXTS = ("", "0", "a b", 'q"uote', "back\\slash", "new\nline", "ümlaut", "漢字🚀", "} 1.0")

amounts = st.one_of(
    st.integers(0, 10**7).map(float),
    st.floats(0, 1e9),
    st.sampled_from([0.1, 1e-300, 1e300, 1.7e308, math.inf, math.nan]),
)
levels = st.one_of(
    st.integers(-(10**7), 10**7).map(float),
    st.floats(-1e9, 1e9),
    st.sampled_from([1e300, -1e300, -0.0, math.inf, -math.inf, math.nan]),
)
labels = st.tuples(st.sampled_from(TEXTS), st.sampled_from(TEXTS))

Step = Callable[["World"], None]


class World:
    """A directory with programs, the reference beside it, and the exporter, merging gauges and not."""

    def __init__(self, path: Path) -> None:
        self.directory, self.reference = path / "shared", path / "reference"
        self.directory.mkdir()
        self.reference.mkdir()
        self._programs: dict[str, Program] = {}
        self._linked: set[int] = set()
        self._liveness = Liveness(str(self.directory))
        archive = Archive(str(self.directory))
        self._folder = Folder(str(self.directory), self._liveness, archive, grace=0)
        self.merged = Collector(str(self.directory), (), "merged", self._liveness, archive)
        self.per_process = Collector(str(self.directory), (), "process", self._liveness, archive)

    def close(self) -> None:
        for program in self._programs.values():
            program.die()
        self._folder.close()
        self._liveness.close()

    def touch(self, pid: str, metric: Metric, texts: tuple[str, ...], amount: float, level: float) -> None:
        """Count, observe or set something; the program is started if it does not run."""
        child = self._program(pid).metric(metric, *texts[: len(metric.labels)])
        if metric.kind is Gauge:
            # Stock's answer depends on the order of files if one of several is NaN: compared elsewhere.
            ordered = metric.options["multiprocess_mode"].endswith(("min", "max")) and math.isnan(level)
            child.set(0.0 if ordered else level)
        elif metric.kind is Counter:
            child.inc(amount)
        else:
            child.observe(level if metric.name == "negative" else amount)

    def grow(self, pid: str) -> None:
        """Beyond the 64 KiB that a file has at first: it is extended, and mapped anew."""
        for number in range(4):
            self.touch(pid, POOL[4], (f"{number}" * 2400,), float(number), 0.0)

    def die(self, pid: str) -> None:
        if pid in self._programs:
            self._programs.pop(pid).die()
        for gauge in self.reference.glob(f"gauge_*_{pid}.db"):
            gauge.unlink()

    def fold(self) -> None:
        """Take away the files of the dead, and finish with them."""
        self._folder.fold()
        self._folder.fold()

    def link(self) -> None:
        """Let the reference have what is new."""
        for file in self.directory.glob("[!g]*.db"):
            number = file.stat().st_ino
            if number not in self._linked:
                self._linked.add(number)
                os.link(file, self.reference / f"{file.stem}-{number}.db")
        for program in self._programs.values():
            for mode in program.modes:
                name = f"gauge_{mode}_{program.pid}.db"
                if not (self.reference / name).exists():
                    os.link(self.directory / name, self.reference / name)

    def _program(self, pid: str) -> Program:
        return self._programs.setdefault(pid, Program(pid))


def _touch(pid: str, metric: Metric, texts: tuple[str, ...], amount: float, level: float) -> Step:
    return lambda world: world.touch(pid, metric, texts, amount, level)


pids = st.sampled_from(PIDS)
touch = st.builds(_touch, pids, st.sampled_from(POOL), labels, amounts, levels)
die = pids.map(lambda pid: lambda world: world.die(pid))
grow = pids.map(lambda pid: lambda world: world.grow(pid))
fold = st.just(World.fold)
histories = st.lists(st.one_of(*[touch] * 9, die, grow, fold), min_size=40, max_size=45)


@pytest.fixture
def _client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs change which value class prometheus_client uses, and worlds its directory; both are put back."""
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")


@contextmanager
def a_world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as path:
        world = World(Path(path))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(world.directory)
        try:
            yield world
        finally:
            world.close()


def difference(exposition: Exposition, lines: list[str]) -> list[str]:
    """Lines that only one of the two has, or has more often: our own with a plus."""
    ours, theirs = Lines(exposition.text().decode().splitlines()), Lines(lines)
    return [f"+ {line}" for line in (ours - theirs).elements()] + [f"- {line}" for line in (theirs - ours).elements()]


def samples(families: Iterable[Family]) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): repr(float(sample.value))
        for family in families
        for sample in family.samples
    }


@pytest.mark.usefixtures("_client")
def test_every_answer_is_prometheus_clients_own() -> None:
    compared = 0

    @settings(EXPLORING, max_examples=64)
    @given(histories)
    def compare(history: list[Step]) -> None:
        nonlocal compared
        with a_world() as world:
            for step in history:
                step(world)
                world.link()
                reference = Reference(world.reference)
                assert not difference(world.merged.scrape(), reference.merged)
                assert not difference(world.per_process.scrape(), reference.per_process)
                compared += 2

    compare()
    assert compared >= COMPARISONS


@pytest.mark.usefixtures("_client")
def test_openmetrics_says_what_the_text_says() -> None:
    @settings(EXPLORING, max_examples=40)
    @given(histories)
    def compare(history: list[Step]) -> None:
        with a_world() as world:
            for step in history:
                step(world)
            answer = world.per_process.scrape()
            openmetrics = parse_openmetrics(answer.openmetrics().decode() + "# EOF\n")  # type: ignore[no-untyped-call]
            assert samples(openmetrics) == samples(parse_text(answer.text().decode()))

    compare()
