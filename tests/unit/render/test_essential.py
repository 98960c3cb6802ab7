"""The allow-list, against what a Ray node really exports.

The capture is port 8080 of a Ray 2.60.0 head node with Ray Serve and two vLLM engines under Ray's own stat logger, on a
machine without GPUs; captured from Ray 2.60.0 itself, byte for byte.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from rayscope.render.essential import ESSENTIALS, PATTERN

NEEDED = (
    "ray_vllm_e2e_request_latency_seconds_bucket",
    "ray_vllm_generation_tokens_total",
    "ray_vllm_inter_token_latency_seconds_bucket",
    "ray_vllm_iteration_tokens_total_bucket",
    "ray_vllm_kv_cache_usage_perc",
    "ray_vllm_num_requests_running",
    "ray_vllm_num_requests_waiting",
    "ray_vllm_prompt_tokens_total",
    "ray_vllm_request_success_total",
    "ray_vllm_time_to_first_token_seconds_bucket",
    "ray_serve_http_request_latency_ms_bucket",
    "ray_serve_num_http_requests_total",
    "ray_serve_num_http_error_requests_total",
    "ray_serve_deployment_request_counter_total",
    "ray_serve_deployment_queued_queries",
    "ray_serve_num_ongoing_requests_at_replicas",
    "ray_serve_deployment_replica_healthy",
    "ray_serve_autoscaling_target_replicas",
    "ray_node_mem_used",
)
"""Names that rules and dashboards query, of those that the capture has."""
NOT_CAPTURED = frozenset(
    {
        "ray_node_gram_used",
        "ray_node_gram_available",
        "ray_node_gpus_utilization",
        "ray_node_gpus_available",
        "ray_node_gpu_power_milliwatts",
        "ray_node_gpu_temperature_celsius",
        "ray_serve_deployment_error_counter_total",
        "ray_serve_health_check_failures_total",
        "ray_vllm:.+",
    }
)
"""Names that the capture cannot have: it had no GPU, no exception in a replica, and no failing health check."""
NOISE = (
    "ray_grpc_",
    "ray_gcs_",
    "ray_object_",
    "ray_pull_manager_",
    "ray_operation_",
    "ray_component_",
    "python_",
    "process_",
)


@pytest.fixture(scope="module")
def samples() -> list[str]:
    text = gzip.decompress(Path(__file__).with_name("ray-2.60.0-metrics-port.txt.gz").read_bytes()).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def name(sample: str) -> str:
    return re.split(r"[{ ]", sample, maxsplit=1)[0]


def kept(samples: Sequence[str]) -> list[str]:
    """As Prometheus does: it anchors the expression at both ends."""
    return [sample for sample in samples if re.fullmatch(PATTERN, name(sample))]


def test_at_most_a_quarter_of_the_series_is_kept(samples: list[str]) -> None:
    assert len(samples) == 2881
    assert len(kept(samples)) <= len(samples) / 4


def test_what_rules_and_dashboards_need_is_kept(samples: list[str]) -> None:
    assert {name(sample) for sample in kept(samples)}.issuperset(NEEDED)


def test_every_series_of_an_engine_is_kept(samples: list[str]) -> None:
    engine = [sample for sample in samples if name(sample).startswith("ray_vllm_")]
    assert engine == [sample for sample in kept(samples) if name(sample).startswith("ray_vllm_")]


@pytest.mark.parametrize("prefix", NOISE)
def test_what_only_rays_developers_read_is_not(prefix: str, samples: list[str]) -> None:
    assert any(name(sample).startswith(prefix) for sample in samples)
    assert not [sample for sample in kept(samples) if name(sample).startswith(prefix)]


def test_every_entry_is_a_name_that_ray_exports(samples: list[str]) -> None:
    exported = {name(sample) for sample in samples}
    entries = {entry for essential in ESSENTIALS for entry in essential.names}
    assert {entry for entry in entries if not any(re.fullmatch(entry, known) for known in exported)} == NOT_CAPTURED


def test_gpu_memory_is_kept() -> None:
    assert re.fullmatch(PATTERN, "ray_node_gram_used")
    assert re.fullmatch(PATTERN, "ray_node_gram_available")


def test_the_expression_uses_nothing_that_re2_lacks() -> None:
    assert re.fullmatch(r"[a-z0-9_:|.+()]+", PATTERN)


def test_the_documentation_lists_every_entry_with_its_reason() -> None:
    document = Path(__file__).parents[3].joinpath("docs/monitors.md").read_text(encoding="utf-8")
    rows = [
        " | ".join((", ".join(f"`{shown(entry)}`" for entry in essential.names), essential.why))
        for essential in ESSENTIALS
    ]
    assert [row for row in rows if f"| {row} |" not in document] == []


def shown(entry: str) -> str:
    """An entry as people write it: a table's cell cannot hold a bar."""
    return entry.replace(".+", "*").replace("(bucket|sum|count)", "*").replace("(sum|count)", "{sum,count}")


def test_the_names_of_older_versions_of_ray_are_kept_too() -> None:
    assert re.fullmatch(PATTERN, "ray_vllm:time_to_first_token_seconds_bucket")
