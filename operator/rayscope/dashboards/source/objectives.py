"""Whether a service keeps what its owner promised (`spec.rules.slo` of its VLLMMonitor)."""

from __future__ import annotations

from rayscope.dashboards.source.frame import Row
from rayscope.dashboards.source.panel import graph
from rayscope.dashboards.source.query import Query, recorded

OURS = 'rayservice="$service", namespace="$namespace"'
"""Objectives are a service's, over all of its clusters."""
JOINED = f"on (namespace, rayservice, slo) group_left () (1 - rayscope_slo:objective_ratio{{{OURS}}})"


def objectives() -> Row:
    """What burns, and what was promised."""
    return Row(
        "Service level objectives",
        [
            graph(
                "How fast error budgets burn, over an hour",
                "1: the budget is used up exactly at the end of its period. Above 14.4 it pages, above 6 with the six "
                "hours' rate. None without `spec.rules.slo`. From rayscope_slo:error_ratio and :objective_ratio.",
                Query(_burning("1h"), "{{slo}} {{model_name}}"),
                unit="short",
                limits=[(6, "orange"), (14.4, "red")],
            ),
            graph(
                "How fast error budgets burn, over six hours",
                "As beside it, slower to rise and to fall.",
                Query(_burning("6h"), "{{slo}} {{model_name}}"),
                unit="short",
                limits=[(1, "orange"), (6, "red")],
            ),
            graph(
                "Too slow, now",
                "Share of requests (tokens, for interToken) above the objective's threshold, over five minutes.",
                Query(
                    recorded("max", "rayscope_slo:error_ratio:rate5m", "slo", "model_name", select=OURS),
                    "{{slo}} {{model_name}}",
                ),
                unit="percentunit",
            ),
            graph(
                "Thresholds",
                "What counts as too slow: an edge of vLLM's buckets, so the ratio is exact.",
                Query(recorded("max", "rayscope_slo:threshold_seconds", "slo", select=OURS), "{{slo}}"),
                unit="s",
            ),
        ],
    )


def _burning(window: str) -> str:
    return f"rayscope_slo:error_ratio:rate{window}{{{OURS}}} / {JOINED}"
