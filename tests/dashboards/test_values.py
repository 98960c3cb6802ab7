"""The five recommended metrics, and what surrounds them, after a known load: exactly what was written.

Each panel's expression is asked as it is. A rate over five minutes of a counter that began at zero is what was counted
over 300 seconds, but for less than an interval that Prometheus extrapolates at the end; shares have no such doubt.
"""

from __future__ import annotations

from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.dashboards.load import COUNTS, FINISHED, KV_CACHE
from tests.dashboards.replay import captured
from tests.dashboards.stage import ENGINES, RAY, RUNNING, STEPS, WAITING, Stage
from tests.plane.waiting import eventually
from tests.unit.dashboards.boards import panels

BOTH = len(RUNNING)
"""Engines with the same load."""
WINDOW = 300
EXTRAPOLATED = 1 + 1.1 / STEPS
"""At most 1.1 intervals are added to what was seen, and there are STEPS of them at least."""


def now(played: Stage, service: str, title: str, place: int = 0) -> float:
    """What a panel of the service's dashboard shows as its last value."""
    (panel,) = (one for one in panels("service") if one["title"] == title)
    expr = filled(panel["targets"][place]["expr"], played, service)
    (series,) = eventually(partial(played.prometheus.instant, expr), f"{expr} shows something")
    return float(series["value"][1])


def filled(expr: str, played: Stage, service: str) -> str:
    for name, value in played.chosen(service).items():
        expr = expr.replace(f"${name}", value)
    return expr


def engines(played: Stage, title: str, place: int = 0) -> float:
    return now(played, ENGINES.key.name, title, place)


@pytest.mark.parametrize(
    ("title", "edge", "next_edge"),
    [
        ("End-to-end latency, percentiles", 2.5, 5.0),
        ("Time to first token, percentiles", 0.5, 0.75),
        ("Inter-token latency, percentiles", 0.1, 0.15),
        ("Queue time, percentiles", 0.5, 0.8),
    ],
)
def test_latency_percentiles_are_those_of_what_was_observed(
    title: str, edge: float, next_edge: float, played: Stage
) -> None:
    """A quarter of each load is between these edges, and nothing above: the 95th percentile is four fifths into it."""
    assert engines(played, title, 1) == pytest.approx(edge + 0.8 * (next_edge - edge))


def test_a_latency_distribution_has_the_shares_of_what_was_observed(played: Stage) -> None:
    shares = distribution(played, "e2e_request_latency_seconds")
    assert [shares[edge] for edge in ("0.3", "0.5", "1.0", "2.0", "5.0")] == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_concurrent_requests_are_those_of_all_processes(played: Stage) -> None:
    assert engines(played, "Concurrent requests", 0) == sum(RUNNING)
    assert engines(played, "Concurrent requests", 1) == sum(WAITING)
    assert engines(played, "Requests running") == sum(RUNNING)
    assert engines(played, "Requests waiting") == sum(WAITING)


@pytest.mark.parametrize(("place", "counter"), [(0, "vllm:generation_tokens"), (1, "vllm:prompt_tokens")])
def test_tokens_per_second_are_those_that_were_counted(place: int, counter: str, played: Stage) -> None:
    counted = STEPS * BOTH * COUNTS[counter] / WINDOW
    assert counted <= engines(played, "Tokens per second", place) <= counted * EXTRAPOLATED


def test_kinds_of_tokens_have_the_ratio_in_which_they_were_counted(played: Stage) -> None:
    generated, prompt = (engines(played, "Tokens per second", place) for place in (0, 1))
    assert prompt / generated == pytest.approx(COUNTS["vllm:prompt_tokens"] / COUNTS["vllm:generation_tokens"])


def test_batch_sizes_are_those_that_the_engines_had(played: Stage) -> None:
    """19 and 21 requests: all samples lie above 16 and up to 24."""
    shares = distribution(played, "requests_per_step")
    assert (shares["16.0"], shares["24.0"]) == (0, 1)
    assert 16 < engines(played, "Requests per step (sampled), percentiles", 1) < 24


def test_tokens_per_step_have_the_shares_of_what_was_observed(played: Stage) -> None:
    shares = distribution(played, "iteration_tokens")
    assert [shares[edge] for edge in ("8.0", "16.0", "64.0", "512.0", "1024.0")] == pytest.approx(
        [0, 0.5, 0.75, 0.75, 1]
    )


def test_the_fullest_cache_is_as_full_as_the_engines_say(played: Stage) -> None:
    assert engines(played, "Fullest KV cache") == KV_CACHE
    assert engines(played, "KV cache", 1) == KV_CACHE


def test_failures_are_the_share_of_what_finished(played: Stage) -> None:
    share = FINISHED["error"] / sum(FINISHED.values())
    assert engines(played, "Failed requests") == pytest.approx(share)
    assert engines(played, "Failed") == pytest.approx(share)


def test_the_prefix_cache_hits_what_was_counted(played: Stage) -> None:
    hits = COUNTS["vllm:prefix_cache_hits"] / COUNTS["vllm:prefix_cache_queries"]
    assert engines(played, "Prefix cache hits") == pytest.approx(hits)


def test_every_engine_is_counted(played: Stage) -> None:
    assert engines(played, "Engines, by cluster") == BOTH


@pytest.mark.parametrize(
    ("objective", "budget"), [("timeToFirstToken", 0.01), ("interToken", 0.01), ("endToEnd", 0.05)]
)
def test_budgets_burn_as_fast_as_a_quarter_that_is_too_slow_makes_them(
    objective: str, budget: float, played: Stage
) -> None:
    (panel,) = (one for one in panels("service") if one["title"] == "How fast error budgets burn, over an hour")
    found = played.prometheus.instant(filled(panel["targets"][0]["expr"], played, ENGINES.key.name))
    burning = {one["metric"]["slo"]: float(one["value"][1]) for one in found}
    assert burning[objective] == pytest.approx(0.25 / budget)


def test_by_rays_way_the_same_panels_have_the_shares_of_what_ray_exported(played: Stage) -> None:
    """The capture's two replicas, whose counters have all grown by one factor; asked one after the other."""
    tokens, requests = (
        now(played, RAY.key.name, title) for title in ("Tokens per second", "Requests finished, by reason")
    )
    exported = total("ray_vllm_generation_tokens_total") / total("ray_vllm_request_success_total")
    assert tokens / requests == pytest.approx(exported, rel=0.05)


def test_by_rays_way_a_distribution_is_the_one_that_ray_exported(played: Stage) -> None:
    family = "ray_vllm_e2e_request_latency_seconds"
    captured = buckets(f"{family}_bucket")
    shares = distribution(played, "e2e_request_latency_seconds", RAY.key.name)
    assert shares == pytest.approx({edge: count / captured["+Inf"] for edge, count in captured.items()})


def distribution(played: Stage, family: str, service: str = ENGINES.key.name) -> dict[str, float]:
    """Shares below each edge, from the expression of the family's heatmap."""
    (panel,) = (
        one
        for one in panels("service")
        if one["type"] == "heatmap" and f":{family}_bucket:" in one["targets"][0]["expr"]
    )
    expr = filled(panel["targets"][0]["expr"], played, service)
    found = {one["metric"]["le"]: float(one["value"][1]) for one in played.prometheus.instant(expr)}
    return {normal(edge): count / found["+Inf"] for edge, count in found.items()}


def normal(edge: str) -> str:
    """An edge as one number, however it was written."""
    return edge if edge == "+Inf" else str(float(edge))


def total(name: str) -> float:
    return sum(sample.value for sample in captured_samples(name))


def buckets(name: str) -> dict[str, float]:
    summed: dict[str, float] = {}
    for sample in captured_samples(name):
        edge = normal(sample.labels["le"])
        summed[edge] = summed.get(edge, 0) + sample.value
    return summed


def captured_samples(name: str) -> list[Sample]:
    families = text_string_to_metric_families("\n".join(captured()) + "\n")
    return [one for family in families for one in family.samples if one.name == name]
