"""What prometheus_client itself makes of a directory, with sums rounded once; and of gauges, one process at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.samples import Sample

Labels = tuple[tuple[str, str], ...]
_ADDED_UP = ("sum", "livesum")


class Reference:
    """What is said of `directory` now, as lines; families without samples are left out."""

    def __init__(self, directory: Path) -> None:
        metrics = list(_exact(directory))
        sums = _lines(metric for metric in metrics if metric.type != "gauge")
        self.merged = sums + _lines(metric for metric in metrics if metric.type == "gauge")
        """As MultiProcessCollector has it."""
        self.per_process = sums + _lines(_gauges(directory))
        """With each process's gauges by themselves, as they stand in its files."""


class _Registry:
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return (metric for metric in self._metrics if metric.samples)


def _lines(metrics: Iterable[Metric]) -> list[str]:
    return generate_latest(_Registry(metrics)).decode().splitlines()


def _exact(directory: Path) -> Iterator[Metric]:
    """The collector's metrics; whatever it adds up, as math.fsum has it, which must be nearly the same."""
    terms = _terms(directory)
    collector = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call]
    for metric in collector.collect():  # type: ignore[no-untyped-call]
        if metric.type != "gauge" or metric._multiprocess_mode in _ADDED_UP:
            metric.samples = [_replaced(sample, terms) for sample in metric.samples]
        # A gauge's own pid is overwritten, so that there may be two of a series: the last one counts.
        metric.samples = list({(one.name, *sorted(one.labels.items())): one for one in metric.samples}.values())
        yield metric


def _replaced(sample: Sample, terms: dict[tuple[str, Labels], list[float]]) -> Sample:
    """Buckets and counts are whole numbers, and as they are; they are not in `terms` by their final labels anyway."""
    values = terms.get((sample.name, tuple(sorted(sample.labels.items()))))
    if values is None or sample.name.endswith("_bucket"):
        return sample
    total = exact_sum(values)
    assert _nearly(total, sample.value, values), (sample, values)
    return sample._replace(value=total)


def _nearly(total: float, other: float, terms: list[float]) -> bool:
    return repr(total) == repr(other) or abs(total - other) <= 1e-9 * max(map(abs, terms))


def exact_sum(values: list[float]) -> float:
    """math.fsum, or what IEEE 754 says where it refuses."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return sum(values)


def _terms(directory: Path) -> dict[tuple[str, Labels], list[float]]:
    terms: dict[tuple[str, Labels], list[float]] = {}
    for file in directory.glob("*.db"):
        merged_gauge = file.name.startswith("gauge")
        for key, value, _ in _entries(file):
            labels = key.labels_without_pid if merged_gauge else key.labels
            terms.setdefault((key.sample, labels), []).append(value)
    return terms


def _gauges(directory: Path) -> Iterable[Metric]:
    metrics: dict[str, Metric] = {}
    for file in directory.glob("gauge_*.db"):
        _, mode, pid = file.stem.split("_")
        for key, value, time in _entries(file):
            if "mostrecent" in mode and not time:
                continue
            own = {("exported_pid" if name == "pid" else name): text for name, text in key.labels}
            metric = metrics.setdefault(key.family, Metric(key.family, key.help, "gauge"))
            metric.add_sample(key.sample, {**own, "pid": pid}, value)
    return metrics.values()


class _Key(NamedTuple):
    family: str
    sample: str
    labels: Labels
    labels_without_pid: Labels
    help: str


@cache
def _key(text: str) -> _Key:
    family, sample, labels, documentation = json.loads(text)
    pairs = tuple(sorted(labels.items()))
    return _Key(family, sample, pairs, tuple(pair for pair in pairs if pair[0] != "pid"), documentation)


def _entries(file: Path) -> Iterator[tuple[_Key, float, float]]:
    entries: Any = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call]
    return ((_key(key), value, time) for key, value, time, _ in entries)
