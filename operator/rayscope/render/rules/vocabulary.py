"""One vocabulary over both sources of vLLM's numbers and over the names that vLLM has given them.

The one place that says where a recorded series comes from; docs/rules.md lists the same. Sources are never added up:
both of vLLM's loggers may be loaded, and then count the same requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rayscope.render.rules.promql import CLUSTER_LABELS, first_of, over, rate, selected
from rayscope.render.rules.recorded import Recorded

MODEL = "rayscope_model"
MODEL_LABELS = (*CLUSTER_LABELS, "model_name")
PREFIXES = ("vllm:", "ray_vllm_", "ray_vllm:")
"""The exporter's, Ray's, and that of Ray before 2.51."""

LATENCIES = {
    "e2e_request_latency_seconds": ("e2e_request_latency_seconds",),
    "time_to_first_token_seconds": ("time_to_first_token_seconds",),
    "inter_token_latency_seconds": ("inter_token_latency_seconds", "time_per_output_token_seconds"),
    "request_queue_time_seconds": ("request_queue_time_seconds",),
    "iteration_tokens": ("iteration_tokens_total",),
}
"""Histograms, with vLLM's names: today's first, then that of versions up to 0.11."""
COUNTERS = {
    "prompt_tokens": ("prompt_tokens_total",),
    "generation_tokens": ("generation_tokens_total",),
    "num_preemptions": ("num_preemptions_total",),
    "prefix_cache_queries": ("prefix_cache_queries_total", "gpu_prefix_cache_queries_total"),
    "prefix_cache_hits": ("prefix_cache_hits_total", "gpu_prefix_cache_hits_total"),
}
RUNNING = ("num_requests_running",)
GAUGES = {
    "num_requests_running:sum": RUNNING,
    "num_requests_waiting:sum": ("num_requests_waiting",),
    "kv_cache_usage_ratio:max": ("kv_cache_usage_perc", "gpu_cache_usage_perc"),
    "kv_cache_usage_ratio:avg": ("kv_cache_usage_perc", "gpu_cache_usage_perc"),
    "engines:count": RUNNING,
}
"""The end of the name is how the engines of a model are taken together."""
BATCHES = "rayscope_vllm_requests_per_step_sampled"
FINISHED = f"{MODEL}:requests_finished:rate5m"


def buckets(what: str) -> str:
    """The recorded series with the buckets of a histogram."""
    return f"{MODEL}:{what}_bucket:rate5m"


def latency() -> Iterator[Recorded]:
    """Histograms, bucket by bucket."""
    for what, names in LATENCIES.items():
        yield Recorded(buckets(what), _first(names, lambda name: _sum(rate(f"{name}_bucket"), "le")))
    yield Recorded(buckets("requests_per_step"), _sum(rate(f"{BATCHES}_bucket"), "le"))


def load() -> Iterator[Recorded]:
    """How much there is to do, and how full the engines are."""
    for what, names in GAUGES.items():
        yield Recorded(f"{MODEL}:{what}", _first(names, partial(_engines, what.rpartition(":")[2])))


def throughput() -> Iterator[Recorded]:
    """Tokens, and the requests that have finished, well or not."""
    for what, names in COUNTERS.items():
        yield Recorded(f"{MODEL}:{what}:rate5m", _first(names, lambda name: _sum(rate(name))))
    finished = _first(("request_success_total",), lambda name: _sum(rate(name), "finished_reason"))
    yield Recorded(FINISHED, finished)
    yield Recorded(f"{MODEL}:requests_failed:ratio_rate5m", _failed())


def _first(names: tuple[str, ...], expression: Callable[[str], str]) -> str:
    """By prefix, then by name: so one cluster is told by one source, whatever else it has."""
    return first_of((expression(prefix + name) for prefix in PREFIXES for name in names), MODEL_LABELS)


def _engines(how: str, name: str) -> str:
    return over(how, MODEL_LABELS, selected(name))


def _sum(expression: str, *further: str) -> str:
    return over("sum", (*MODEL_LABELS, *further), expression)


def _failed() -> str:
    """A counter of errors is not there before the first one, on Ray's way; that is 0. A ratio of nothing is nothing."""
    every = _sum(selected(FINISHED))
    failed = _sum(selected(FINISHED, 'finished_reason="error"'))
    return f"({failed} or 0 * {every})\n/\n({every} > 0)"
