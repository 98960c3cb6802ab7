"""Processes that write as vLLM's API servers do: the families of the capture `vllm-two-api-servers`, and two gauges.

    python -m tests.bench.vllm_writers DIRECTORY LIVING DEAD ENGINES

prints "ready", and then for each line that it reads changes 30 % of every living process's values and prints "changed".
"""

import os
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.values import ValueClass

TRUTH = Path(__file__).parents[1] / "unit/exporter/captures/vllm-two-api-servers.truth.txt"
MODES = ("sum", "livesum")
"""Of the gauges that vLLM has in some configurations, beside the captured ones, which are all `mostrecent`."""
SHARE = 0.3
PARALLEL = 2
_TYPES: dict[str, Any] = {"counter": Counter, "gauge": Gauge, "histogram": Histogram, "summary": Summary}


def main(directory: str, living: int, dead: int, engines: int) -> None:
    families = list(text_string_to_metric_families(TRUTH.read_text()))
    for first in range(0, dead, PARALLEL):
        for child in [_fork(families, engines, None) for _ in range(min(PARALLEL, dead - first))]:
            os.waitpid(child, 0)
            mark_process_dead(child, directory)  # type: ignore[no-untyped-call]
    wires = [_living(families, engines) for _ in range(living)]
    _await(wires, "ready")
    for _ in sys.stdin:
        for wire in wires:
            wire.send(b"\n")
        _await(wires, "changed")


def _await(wires: list[socket.socket], done: str) -> None:
    for wire in wires:
        wire.recv(1)
    print(done, flush=True)


def _living(families: list[Metric], engines: int) -> socket.socket:
    """A process that changes its values for every byte that it gets, and answers with one."""
    ours, theirs = socket.socketpair()
    with theirs:
        _fork(families, engines, (ours, theirs))
    return ours


def _fork(families: list[Metric], engines: int, wire: tuple[socket.socket, socket.socket] | None) -> int:
    child = os.fork()
    if child == 0:
        rng = random.Random(os.getpid())
        values = [value for family in families for value in _registered(family, engines)]
        values += [value for mode in MODES for value in _gauge(mode, engines)]
        for value in values:
            _change(value, rng)
        if wire:
            wire[0].close()
            _obey(values, rng, wire[1])
        os._exit(0)
    return child


def _obey(values: list[Any], rng: random.Random, wire: socket.socket) -> None:
    wire.send(b"\n")
    while wire.recv(1):
        for value in rng.sample(values, int(len(values) * SHARE)):
            _change(value, rng)
        wire.send(b"\n")


def _change(value: Any, rng: random.Random) -> None:
    """A whole number more for what counts events, a fraction for what sums them up; gauges are set."""
    kind, _, sample = value._params[:3]
    if kind == "gauge":
        value.set(float(rng.randrange(1000)), timestamp=rng.random() + 1.7e9)
    else:
        value.inc(rng.random() * 100 if sample.endswith("_sum") else rng.randrange(1, 100))


def _registered(family: Metric, engines: int) -> Iterator[Any]:
    """The values behind a family, for every set of labels in the capture, and every engine where it has engines."""
    label_sets = {tuple(sorted((k, v) for k, v in one.labels.items() if k != "le")) for one in family.samples}
    names = [name for name, _ in min(label_sets)]
    options: dict[str, Any] = {"registry": CollectorRegistry()}
    if family.type == "gauge":
        options["multiprocess_mode"] = "mostrecent"
    if family.type == "histogram":
        options["buckets"] = sorted({float(one.labels["le"]) for one in family.samples if "le" in one.labels})
    metric = _TYPES[family.type](family.name, family.documentation, names, **options)
    for labels in sorted(label_sets):
        for engine in range(engines if "engine" in names else 1):
            values = {name: str(engine) if name == "engine" else value for name, value in labels}
            yield from _values(metric.labels(**values) if names else metric)


def _gauge(mode: str, engines: int) -> Iterator[Any]:
    options: dict[str, Any] = {"multiprocess_mode": mode, "registry": CollectorRegistry()}
    gauge = Gauge(f"vllm:gauge_{mode}", f"A gauge in mode {mode}.", ["engine", "model_name"], **options)
    for engine in range(engines):
        yield from _values(gauge.labels(str(engine), "tiny"))


def _values(child: Any) -> list[Any]:
    """The numbers behind a metric: what prometheus_client keeps in its file."""
    numbers = [getattr(child, name, None) for name in ("_value", "_count", "_sum")]
    return [number for number in (*numbers, *getattr(child, "_buckets", ())) if isinstance(number, ValueClass)]


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
