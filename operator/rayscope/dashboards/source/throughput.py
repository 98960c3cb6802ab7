"""What a service has to do, and what it does: concurrency, tokens, requests by how they ended."""

from __future__ import annotations

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, graph
from rayscope.dashboards.source.query import MODEL, SERVICE, Query, ratio, recorded

FINISHED = "rayscope_model:requests_finished:rate5m"


def throughput() -> Row:
    """Load and yield."""
    return Row(
        "Concurrency and throughput", [_concurrency(), _tokens(), _finished(), _door(), _failures(), _prefixes()]
    )


def failed() -> str:
    """Of what finished, what failed; 0 where nothing did."""
    whole = recorded("sum", FINISHED)
    return ratio(f'(sum ({FINISHED}{{finished_reason="error", {MODEL}}}) or 0 * {whole})', whole)


def _concurrency() -> Panel:
    return graph(
        "Concurrent requests",
        "Running: in the batch of an engine. Waiting: in its queue; a queue that stays is a service that is too "
        "small. From vLLM's num_requests_running and num_requests_waiting, all processes of all pods. Where Ray's "
        "logger is the source, idle engines report nothing.",
        Query(recorded("sum", "rayscope_model:num_requests_running:sum", "model_name"), "running {{model_name}}"),
        Query(recorded("sum", "rayscope_model:num_requests_waiting:sum", "model_name"), "waiting {{model_name}}"),
        unit="short",
    )


def _tokens() -> Panel:
    return graph(
        "Tokens per second",
        "Generated: what users get. Prompt: what had to be read for it. From vLLM's generation_tokens_total and "
        "prompt_tokens_total, over five minutes.",
        Query(recorded("sum", "rayscope_model:generation_tokens:rate5m", "model_name"), "generated {{model_name}}"),
        Query(recorded("sum", "rayscope_model:prompt_tokens:rate5m", "model_name"), "prompt {{model_name}}"),
        unit="short",
    )


def _finished() -> Panel:
    return graph(
        "Requests finished, by reason",
        "stop: the model ended. length: a limit did. abort: the caller left, often a timeout of his. error: a fault. "
        "From vLLM's request_success_total, which counts all of them in spite of its name.",
        Query(recorded("sum", FINISHED, "finished_reason"), "{{finished_reason}}"),
        unit="reqps",
        stacked=True,
    )


def _door() -> Panel:
    requests = recorded("sum", "rayscope_cluster:serve_http_requests:rate5m", select=SERVICE)
    errors = recorded("sum", "rayscope_cluster:serve_http_errors:rate5m", select=SERVICE)
    return graph(
        "Requests at the door",
        "HTTP requests to Ray Serve, and those that it answered with 5xx: also what never reaches an engine. From "
        "Ray's own port.",
        Query(requests, "requests"),
        Query(f"{errors} or 0 * {requests}", "answered with 5xx"),
        unit="reqps",
    )


def _failures() -> Panel:
    return graph(
        "Failed requests",
        "Of the requests that finished, those with finished_reason error. Absent while none finishes.",
        Query(failed(), "failed"),
        unit="percentunit",
        limits=[(0.01, "orange"), (0.05, "red")],
    )


def _prefixes() -> Panel:
    hits = recorded("sum", "rayscope_model:prefix_cache_hits:rate5m", "model_name")
    queries = recorded("sum", "rayscope_model:prefix_cache_queries:rate5m", "model_name")
    return graph(
        "Prefix cache hits",
        "Share of the prompts' tokens that need no computation because their beginning is known. A sudden fall makes "
        "the first token late. From vLLM's prefix_cache_hits_total and prefix_cache_queries_total.",
        Query(ratio(hits, queries), "{{model_name}}"),
        unit="percentunit",
        highest=1,
    )
