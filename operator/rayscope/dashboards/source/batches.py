"""How well the engines are used: requests and tokens per step, as distributions."""

from __future__ import annotations

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import distribution, graph
from rayscope.dashboards.source.query import buckets, percentiles

REQUESTS = "requests_per_step"
TOKENS = "iteration_tokens"


def batches() -> Row:
    """Two families, both ways."""
    requests = (
        "Requests in the batch of an engine's step. vLLM has no such metric: the exporter samples its "
        "num_requests_running, twice a second at most, where the engine has made a step. Exporter only."
    )
    tokens = (
        "Tokens that an engine's step computes. A prompt counts when its prefill ends, so one that is prefilled in "
        "chunks shows as zeros, then much at once. From vLLM's iteration_tokens_total."
    )
    return Row(
        "Batch size",
        [
            distribution("Requests per step (sampled)", requests, buckets(REQUESTS), unit="short"),
            graph("Requests per step (sampled), percentiles", requests, *percentiles(REQUESTS), unit="short"),
            distribution("Tokens per step", tokens, buckets(TOKENS), unit="short"),
            graph("Tokens per step, percentiles", tokens, *percentiles(TOKENS), unit="short"),
        ],
    )
