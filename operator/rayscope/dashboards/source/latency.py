"""What users feel: each latency as a distribution and as percentiles."""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import Panel, distribution, graph
from rayscope.dashboards.source.query import buckets, percentiles

FAMILIES = {
    "End-to-end latency": ("e2e_request_latency_seconds", "From the arrival of a request to its last token."),
    "Time to first token": ("time_to_first_token_seconds", "How long a user waits before anything appears."),
    "Inter-token latency": ("inter_token_latency_seconds", "Between two tokens of an answer: how fluent it is."),
    "Queue time": ("request_queue_time_seconds", "How long a request waits before an engine takes it up."),
}


def latency() -> Row:
    """Two panels a family."""
    return Row(
        "Latency", [panel for title, (family, tells) in FAMILIES.items() for panel in _both(title, family, tells)]
    )


def _both(title: str, family: str, tells: str) -> Iterable[Panel]:
    source = f"From the buckets of vLLM's {family}, over five minutes."
    yield distribution(title, f"{tells} Colour: how many per second took how long. {source}", buckets(family), unit="s")
    yield graph(f"{title}, percentiles", f"{tells} {source}", *percentiles(family), unit="s")
