"""A process that writes vLLM's metrics through prometheus_client, as an engine's API server does, with a known load.

    python -m tests.dashboards.load RUNNING WAITING      (PROMETHEUS_MULTIPROC_DIR set)

prints a line when all its series are there, at zero, and then a line for every line that it reads: a step of LOAD.
Names, labels, modes and bounds are those of vLLM 0.33 (vllm/v1/metrics/loggers.py, buckets.py).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from prometheus_client import Counter, Gauge, Histogram

MODEL = "Qwen/Qwen2.5-7B-Instruct"
LABELS = ["model_name", "engine"]
REQUEST = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0)
FIRST_TOKEN = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0)
NEXT_TOKEN = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0)
STEP = (1.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0)

COUNTS: Mapping[str, int] = {
    "vllm:prompt_tokens": 600,
    "vllm:generation_tokens": 200,
    "vllm:num_preemptions": 2,
    "vllm:prefix_cache_queries": 600,
    "vllm:prefix_cache_hits": 150,
}
"""By how much a step raises a counter."""
FINISHED: Mapping[str, int] = {"stop": 15, "length": 3, "abort": 1, "error": 1, "repetition": 0}
"""How many requests of a step end for which reason."""
OBSERVED: Mapping[str, tuple[Sequence[float], Sequence[float]]] = {
    "vllm:e2e_request_latency_seconds": (REQUEST, (0.4, 0.9, 1.8, 4.0)),
    "vllm:request_queue_time_seconds": (REQUEST, (0.1, 0.1, 0.1, 0.7)),
    "vllm:request_prefill_time_seconds": (REQUEST, (0.1, 0.2, 0.2, 0.4)),
    "vllm:request_decode_time_seconds": (REQUEST, (0.3, 0.6, 1.2, 3.0)),
    "vllm:request_inference_time_seconds": (REQUEST, (0.4, 0.8, 1.4, 3.4)),
    "vllm:time_to_first_token_seconds": (FIRST_TOKEN, (0.03, 0.09, 0.2, 0.6)),
    "vllm:inter_token_latency_seconds": (NEXT_TOKEN, (0.02, 0.02, 0.04, 0.12)),
    "vllm:request_time_per_output_token_seconds": (NEXT_TOKEN, (0.02, 0.02, 0.03, 0.06)),
    "vllm:iteration_tokens_total": (STEP, (12.0, 12.0, 40.0, 700.0)),
}
"""Bounds of a histogram, and what a step observes, each value ROUNDS times."""
ROUNDS = 5
KV_CACHE = 0.625
"""How full an engine's cache is, 0 to 1."""


class Engine:
    """One process' series, and the steps that it makes."""

    def __init__(self, running: int, waiting: int) -> None:
        self._gauges = {
            _gauge("vllm:num_requests_running"): running,
            _gauge("vllm:num_requests_waiting"): waiting,
            _gauge("vllm:kv_cache_usage_perc"): KV_CACHE,
        }
        self._counters = {Counter(name, name, LABELS).labels(MODEL, "0"): more for name, more in COUNTS.items()}
        finished = Counter("vllm:request_success", "Finished.", [*LABELS, "finished_reason"])
        self._counters |= {finished.labels(MODEL, "0", reason): more for reason, more in FINISHED.items()}
        self._histograms = {
            Histogram(name, name, LABELS, buckets=bounds).labels(MODEL, "0"): values
            for name, (bounds, values) in OBSERVED.items()
        }

    def step(self) -> None:
        """Set every gauge, which moves its time as well; count; observe."""
        for gauge, value in self._gauges.items():
            gauge.set(value)
        for counter, more in self._counters.items():
            counter.inc(more)
        for histogram, values in self._histograms.items():
            for value in values:
                for _ in range(ROUNDS):
                    histogram.observe(value)

    def beat(self) -> None:
        """A step of the engine that finishes nothing: only the time of its gauges moves."""
        for gauge, value in self._gauges.items():
            gauge.set(value)


def _gauge(name: str) -> Gauge:
    return Gauge(name, name, LABELS, multiprocess_mode="mostrecent").labels(MODEL, "0")


def main(running: int, waiting: int) -> None:
    engine = Engine(running, waiting)
    engine.beat()
    print("ready", flush=True)
    for line in sys.stdin:
        {"step": engine.step, "beat": engine.beat}[line.strip()]()
        print("done", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
