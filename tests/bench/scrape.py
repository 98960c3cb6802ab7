"""What a scrape costs: CPU time to collect and format, prometheus_client's MultiProcessCollector over the exporter.

Both read, in turn and each in a process of its own, what living processes write and change. Liveness, folding and exact
sums are on. `rss_mib` is the most that the exporter ever had, everything imported that the program imports; `start_s`
is from the start of its process to its first answer, which with dead processes comes after folding them.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Case:
    """How many processes live and are dead, and how many engines each writes about."""

    name: str
    living: int
    dead: int = 0
    engines: int = 1
    rounds: int = 41


CASES = (
    Case("1", 1),
    Case("4", 4),
    Case("8x8", 8, engines=8),
    Case("64", 64),
    Case("256churned", 4, dead=252, rounds=11),
    Case("1024churned", 4, dead=1020, rounds=5),
)

_LOOP = """
for _ in sys.stdin:
    began = time.process_time()
    answer = scrape()
    spent = time.process_time() - began
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({"spent": spent, "bytes": len(answer), "peak": int(peak)}), flush=True)
"""

_STOCK = f"""
import json, sys, time
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

def scrape():
    registry = CollectorRegistry()
    MultiProcessCollector(registry, sys.argv[1])
    return generate_latest(registry)
{_LOOP}
"""

_OURS = f"""
import json, os, sys, time
import rayscope.exporter.main
from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.numbers.collector import Collector
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.liveness import SUSPICION_SECONDS, Liveness

directory, living = sys.argv[1], int(sys.argv[2])
liveness, archive = Liveness(directory), Archive(directory)
folder = Folder(directory, liveness, archive, grace=0)
collector = Collector(directory, (), "process", liveness, archive)

def folded():
    return not folder.pending and sum(entry.startswith("counter") for entry in os.listdir(directory)) == living

def scrape():
    return collector.scrape().text()

if not folded():
    while not folded():
        folder.fold()
    # For that long the liveness of what has just gone is asked for again and again.
    time.sleep(SUSPICION_SECONDS)
{_LOOP}
"""


def lines() -> Iterator[dict[str, Any]]:
    for case in CASES:
        yield _measure(case)


def _measure(case: Case) -> dict[str, Any]:
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(dir=_memory()))
        writers = stack.enter_context(
            Process(
                "-m", "tests.bench.vllm_writers", directory, case.living, case.dead, case.engines, directory=directory
            )
        )
        writers.line()
        stock = stack.enter_context(Process("-c", _STOCK, directory))
        stock.ask()
        began = time.perf_counter()
        ours = stack.enter_context(
            Process("-c", _OURS, _linked(directory, stack) if case.dead else directory, case.living)
        )
        ours.ask()
        start = time.perf_counter() - began
        rounds = []
        for number in range(case.rounds):
            writers.ask()
            first, second = (stock, ours) if number % 2 else (ours, stock)
            spent = {first: json.loads(first.ask()), second: json.loads(second.ask())}
            rounds.append((spent[stock]["spent"] * 1e3, spent[ours]["spent"] * 1e3))
        return {
            "bench": "scrape",
            "case": case.name,
            "stock_ms": round(statistics.median(stock for stock, _ in rounds), 2),
            "ours_ms": round(statistics.median(ours for _, ours in rounds), 3),
            "ratio": round(statistics.median(stock / ours for stock, ours in rounds), 1),
            "rss_mib": round(spent[ours]["peak"] / 1024, 1),
            "start_s": round(start, 2),
        }


class Process:
    """A Python process that answers each line with one."""

    def __init__(self, *arguments: object, directory: str = "") -> None:
        environment = {**os.environ, **({"PROMETHEUS_MULTIPROC_DIR": directory} if directory else {})}
        self._process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the process ended"
        return line

    def ask(self) -> str:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _memory() -> str | None:
    """Where files are kept in memory, as in a pod; None if there is no such place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _linked(directory: str, stack: ExitStack) -> str:
    """The same files again, for the one who folds them."""
    twin = stack.enter_context(tempfile.TemporaryDirectory(dir=_memory()))
    for file in Path(directory).iterdir():
        os.link(file, Path(twin) / file.name)
    return twin
