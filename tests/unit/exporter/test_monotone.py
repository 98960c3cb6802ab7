"""Processes die in any order, are folded, and the exporter restarts: no number that adds up ever goes down, by one ulp.

Prometheus would take it for a restart of the counter, and count the whole of it again.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator
from pathlib import Path

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.numbers.collector import Collector
from tests.unit.exporter.writers import Writer

SERIES = 520
LIVING = 6
DEATHS = 30
SEED = 7

_METRICS = f"""
import random
family = Counter('c', 'help', ['n'])
children = [family.labels(str(n)) for n in range({SERIES})]
def work(seed):
    numbers = random.Random(seed)
    for child in children:
        child.inc(numbers.expovariate(1) * 10 ** numbers.randint(-6, 6))
"""


class Exporter:
    """A collector and a folder, as the program has them, over `directory`."""

    def __init__(self, directory: Path) -> None:
        self.liveness = Liveness(str(directory))
        archive = Archive(str(directory))
        self.folder = Folder(str(directory), self.liveness, archive, grace=0.0)
        self._collector = Collector(str(directory), [], "process", self.liveness, archive)

    def numbers(self) -> dict[str, float]:
        """Every sample of one scrape."""
        lines = self._collector.scrape().text().decode().splitlines()
        samples = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
        return {series: float(value) for series, value in samples}

    def close(self) -> None:
        self.folder.close()
        self.liveness.close()


class Service:
    """Processes that count; what each has counted is known here too, by the same additions."""

    def __init__(self, directory: Path, numbers: random.Random) -> None:
        self._directory = directory
        self._numbers = numbers
        self._living: list[tuple[Writer, list[float]]] = []
        self._ended: list[list[float]] = []

    def start(self) -> None:
        self._living.append((Writer(self._directory, _METRICS), [0.0] * SERIES))

    def work(self) -> None:
        """One of them counts something for every series."""
        writer, counted = self._numbers.choice(self._living)
        seed = self._numbers.randrange(1 << 32)
        writer.run(f"work({seed})")
        numbers = random.Random(seed)
        for at in range(SERIES):
            counted[at] += numbers.expovariate(1) * 10 ** numbers.randint(-6, 6)

    def lose(self) -> None:
        """One of them is killed."""
        writer, counted = self._living.pop(self._numbers.randrange(len(self._living)))
        writer.kill()
        self._ended.append(counted)

    def totals(self) -> dict[str, float]:
        """What all of them, the dead included, have counted."""
        every = [*self._ended, *(counted for _, counted in self._living)]
        return {f'c_total{{n="{at}"}}': math.fsum(values) for at, values in enumerate(zip(*every, strict=True))}

    def close(self) -> None:
        while self._living:
            self.lose()


@contextlib.contextmanager
def service(directory: Path, numbers: random.Random) -> Iterator[Service]:
    with contextlib.closing(Service(directory, numbers)) as running:
        for _ in range(LIVING):
            running.start()
        yield running


def test_no_series_ever_goes_down_while_processes_die_and_are_folded(tmp_path: Path) -> None:
    numbers = random.Random(SEED)
    scrapes = decreases = 0
    with service(tmp_path, numbers) as running:
        exporter = Exporter(tmp_path)
        last = exporter.numbers()
        for _ in range(DEATHS):
            fold = exporter.folder.fold
            for act in numbers.sample([running.work, running.work, running.lose, fold, fold], 5):
                act()
                now = exporter.numbers()
                decreases += sum(now.get(series, -math.inf) < value for series, value in last.items())
                scrapes += 1
                last = now
            running.start()
            if numbers.random() < 0.2:
                exporter.close()
                exporter = Exporter(tmp_path)
        assert decreases == 0
        assert last == running.totals()
        print(f"{scrapes} scrapes of {SERIES} series, {DEATHS} deaths, {decreases} decreases")
        exporter.close()
