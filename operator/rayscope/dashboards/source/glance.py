"""The first row of a service: is it well?"""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, number
from rayscope.dashboards.source.query import SERVICE, Query, quantile, recorded
from rayscope.dashboards.source.throughput import failed


def glance() -> Row:
    """Eight numbers."""
    return Row("At a glance", [*_load(), *_latency(), *_trouble()])


def _load() -> Iterable[Panel]:
    yield number(
        "Requests running",
        "Requests in the batches of its engines now. From vLLM's num_requests_running.",
        Query(recorded("sum", "rayscope_model:num_requests_running:sum")),
        unit="short",
    )
    yield number(
        "Requests waiting",
        "Requests that wait for a place in a batch. From vLLM's num_requests_waiting.",
        Query(recorded("sum", "rayscope_model:num_requests_waiting:sum")),
        unit="short",
        limits=[(1, "orange")],
    )
    yield number(
        "Tokens generated per second",
        "Over five minutes. From vLLM's generation_tokens_total.",
        Query(recorded("sum", "rayscope_model:generation_tokens:rate5m")),
        unit="short",
        decimals=0,
    )


def _latency() -> Iterable[Panel]:
    yield number(
        "Time to first token, p95",
        "95 % of the requests of five minutes had their first token sooner. From time_to_first_token_seconds.",
        Query(quantile(0.95, "time_to_first_token_seconds")),
        unit="s",
    )
    yield number(
        "End to end, p95",
        "95 % of the requests of five minutes were answered sooner. From e2e_request_latency_seconds.",
        Query(quantile(0.95, "e2e_request_latency_seconds")),
        unit="s",
    )


def _trouble() -> Iterable[Panel]:
    replicas = recorded("sum", "rayscope_deployment:serve_replicas_healthy:sum", select=SERVICE)
    wanted = recorded("sum", "rayscope_deployment:serve_replicas_target:max", select=SERVICE)
    yield number(
        "Failed",
        "Of the requests that finished in five minutes, those with finished_reason error.",
        Query(failed()),
        unit="percentunit",
        limits=[(0.01, "orange"), (0.05, "red")],
    )
    yield number(
        "Fullest KV cache",
        "The engine that has the least room. Above 95 % it preempts requests. From kv_cache_usage_perc.",
        Query(recorded("max", "rayscope_model:kv_cache_usage_ratio:max")),
        unit="percentunit",
        limits=[(0.8, "orange"), (0.95, "red")],
    )
    yield number(
        "Replicas missing",
        "Replicas that Serve wants and that are not healthy. From Ray Serve, on Ray's own port.",
        Query(f"clamp_min({wanted} - {replicas}, 0)"),
        unit="short",
        limits=[(1, "orange")],
    )
