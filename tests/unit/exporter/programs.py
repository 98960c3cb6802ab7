"""Programs that write with prometheus_client, many of them in this process: each has its own files, as a process has.

What they write is real: its metric classes, its files. Only the process identifier is ours to choose, which is what
`MultiProcessValue(process_identifier)` is for. The files are open for writing until a program dies, so leases tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, values

MODES = ("all", "liveall", "mostrecent", "livemostrecent", "max", "livemax", "min", "livemin", "sum", "livesum")


@dataclass(frozen=True)
class Metric:
    """What a program registers."""

    kind: type
    name: str
    help: str
    labels: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def _pool() -> list[Metric]:
    """Every type, every mode, awkward texts; no two that clash."""
    awkward = 'back\\slash, "quotes", new\nline, ümläut, 漢字, 🚀'
    return [
        Metric(Counter, "vllm:prompt_tokens", "Prompt tokens.", ("engine",)),
        Metric(Counter, "http_requests", awkward, ("handler", "status")),
        Metric(Counter, "plain", ""),
        Metric(Counter, "with_le", "A counter may have the label le.", ("le",)),
        Metric(Histogram, "latency_seconds", awkward, ("engine",), {"buckets": (0.001, 0.5, 1, 2.5, 1e6, 1e17)}),
        Metric(Histogram, "vllm:iteration_tokens_total", "Ends like a counter.", (), {"buckets": (1, 8, 16)}),
        Metric(Histogram, "negative", "Bounds below zero.", ("a",), {"buckets": (-10, -1, 0, 1)}),
        Metric(Summary, "size_bytes", awkward, ("handler",)),
        Metric(Summary, "unlabelled", "No labels."),
        *(Metric(Gauge, f"gauge_{mode}", awkward, ("engine",), {"multiprocess_mode": mode}) for mode in MODES),
        *(Metric(Gauge, f"bare_{mode}", mode, (), {"multiprocess_mode": mode}) for mode in MODES),
        Metric(Gauge, "with_pid", "Its own pid.", ("pid", "x"), {"multiprocess_mode": "liveall"}),
        Metric(Gauge, "with_pid_max", "Its own pid.", ("pid", "x"), {"multiprocess_mode": "max"}),
    ]


POOL = _pool()


class Program:
    """A program with the process identifier `pid`, writing to PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self, pid: str) -> None:
        self.pid = pid
        self._values: Any = values.MultiProcessValue(lambda: pid)  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._metrics: dict[str, Any] = {}
        self.modes: set[str] = set()
        """Of the gauges that it has registered; it has a file for each."""

    def metric(self, metric: Metric, *labels: str) -> Any:
        """The metric, registered at its first use, with these label values."""
        values.ValueClass = self._values
        self.modes.update(mode for option, mode in metric.options.items() if option == "multiprocess_mode")
        if metric.name not in self._metrics:
            self._metrics[metric.name] = metric.kind(
                metric.name, metric.help, metric.labels, registry=self._registry, **metric.options
            )
        registered = self._metrics[metric.name]
        return registered.labels(*labels) if metric.labels else registered

    def die(self) -> None:
        """All files are closed, as the kernel does it."""
        self._values.close_all_files()
