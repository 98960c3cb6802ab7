"""What is recorded: from one source or the other and never from both, under any of its names, in bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules import promtool
from tests.rules.promtool import Expected, Series
from tests.rules.rulebook import CLUSTER, INSTALLATION, MODEL, NAMESPACE, SERVICE
from tests.rules.stories import PLACE

MIB = 1024.0**2
OF_MODEL = f'namespace="{NAMESPACE}", rayservice="{SERVICE}", ray_io_cluster="{CLUSTER}", model_name="{MODEL}"'
OF_POD = f'namespace="{NAMESPACE}", rayservice="{SERVICE}", ray_io_cluster="{CLUSTER}", pod="worker"'
RUNNING = "rayscope_model:num_requests_running:sum"
USED, TOTAL = "rayscope_pod:gpu_memory_used_bytes:sum", "rayscope_pod:gpu_memory_total_bytes:sum"


def engine(name: str, pod: str = "head", **labels: str) -> str:
    """A series of an engine."""
    further = "".join(f',{label}="{value}"' for label, value in labels.items())
    return f'{name}{{{PLACE},pod="{pod}",engine="0",model_name="{MODEL}"{further}}}'


def play(directory: Path, series: Series, *expected: Expected) -> None:
    promtool.play(directory, INSTALLATION, series, expected, "1m")


def gives(name: str, value: float, *further: str, at: str = "10m", labels: str = OF_MODEL) -> Expected:
    return Expected(at, name, {f"{name}{{{', '.join([labels, *further])}}}": value})


NATIVE = {
    engine("vllm:num_requests_running", "head", pid="1"): "19x20",
    engine("vllm:num_requests_running", "head", pid="2"): "21x20",
}
RAYS = {
    engine("ray_vllm_num_requests_running", ReplicaId="a"): "7x20",
    engine("ray_vllm_num_requests_running", ReplicaId="b"): "5x20",
}


@pytest.mark.parametrize(
    ("series", "running"),
    [
        (NATIVE, 40),
        (RAYS, 12),
        (NATIVE | RAYS, 40),
        ({name.replace("ray_vllm_", "ray_vllm:"): values for name, values in RAYS.items()}, 12),
    ],
    ids=["the exporter", "Ray", "both: the exporter alone", "Ray before 2.51"],
)
def test_engines_are_added_up_and_sources_are_not(series: Series, running: float, tmp_path: Path) -> None:
    play(tmp_path, series, gives(RUNNING, running), gives("rayscope_model:engines:count", 2))


def test_two_models_of_one_cluster_may_have_two_sources(tmp_path: Path) -> None:
    other = engine("ray_vllm_num_requests_running").replace(MODEL, "other")
    values = {"tiny": 40.0, "other": 3.0}
    samples = {f"{RUNNING}{{{OF_MODEL.replace(MODEL, name)}}}": value for name, value in values.items()}
    play(tmp_path, {**NATIVE, other: "3x20"}, Expected("10m", RUNNING, samples))


def test_what_other_peoples_monitors_scrape_counts_nothing(tmp_path: Path) -> None:
    strangers = {name.replace(f',rayservice="{SERVICE}"', ""): values for name, values in NATIVE.items()}
    play(tmp_path, strangers, Expected("10m", RUNNING))


def test_a_pod_that_comes_or_goes_is_no_reset_of_a_counter(tmp_path: Path) -> None:
    tokens = {
        engine("vllm:generation_tokens_total", "old"): "90000+600x10 stale",
        engine("vllm:generation_tokens_total", "new"): "_x5 0+600x20",
    }
    name = "rayscope_model:generation_tokens:rate5m"
    play(tmp_path, tokens, gives(name, 20), gives(name, 10, at="20m"))


@pytest.mark.parametrize("prefix", ["vllm:", "ray_vllm_"])
@pytest.mark.parametrize(
    ("recorded", "today", "former"),
    [
        ("rayscope_model:kv_cache_usage_ratio:max", "kv_cache_usage_perc", "gpu_cache_usage_perc"),
        ("rayscope_model:kv_cache_usage_ratio:avg", "kv_cache_usage_perc", "gpu_cache_usage_perc"),
    ],
)
def test_a_gauge_is_found_under_its_former_name(
    prefix: str, recorded: str, today: str, former: str, tmp_path: Path
) -> None:
    old = {engine(prefix + former): "0.25x20"}
    play(tmp_path, old, gives(recorded, 0.25))
    play(tmp_path, {**old, engine(prefix + today): "0.5x20"}, gives(recorded, 0.5))


@pytest.mark.parametrize("prefix", ["vllm:", "ray_vllm_"])
@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("inter_token_latency_seconds", "inter_token_latency_seconds"),
        ("inter_token_latency_seconds", "time_per_output_token_seconds"),
        ("time_to_first_token_seconds", "time_to_first_token_seconds"),
        ("e2e_request_latency_seconds", "e2e_request_latency_seconds"),
        ("request_queue_time_seconds", "request_queue_time_seconds"),
        ("iteration_tokens", "iteration_tokens_total"),
    ],
)
def test_buckets_stay_apart(prefix: str, what: str, name: str, tmp_path: Path) -> None:
    buckets = {
        engine(f"{prefix}{name}_bucket", le="0.5"): "0+30x20",
        engine(f"{prefix}{name}_bucket", le="+Inf"): "0+60x20",
    }
    recorded = f"rayscope_model:{what}_bucket:rate5m"
    samples = {f'{recorded}{{{OF_MODEL}, le="{le}"}}': rate for le, rate in (("0.5", 0.5), ("+Inf", 1.0))}
    play(tmp_path, buckets, Expected("10m", recorded, samples))


def test_buckets_of_two_sources_are_not_mixed_where_their_edges_differ(tmp_path: Path) -> None:
    name = "time_to_first_token_seconds_bucket"
    series = {engine(f"vllm:{name}", le="0.5"): "0+30x20", engine(f"ray_vllm_{name}", le="0.7"): "0+30x20"}
    play(tmp_path, series, gives("rayscope_model:time_to_first_token_seconds_bucket:rate5m", 0.5, 'le="0.5"'))


@pytest.mark.parametrize(
    ("recorded", "name"),
    [
        ("prompt_tokens", "prompt_tokens_total"),
        ("generation_tokens", "generation_tokens_total"),
        ("num_preemptions", "num_preemptions_total"),
        ("prefix_cache_queries", "prefix_cache_queries_total"),
        ("prefix_cache_queries", "gpu_prefix_cache_queries_total"),
        ("prefix_cache_hits", "prefix_cache_hits_total"),
        ("prefix_cache_hits", "gpu_prefix_cache_hits_total"),
    ],
)
def test_counters_are_rates_per_second(recorded: str, name: str, tmp_path: Path) -> None:
    play(tmp_path, {engine(f"vllm:{name}"): "0+120x20"}, gives(f"rayscope_model:{recorded}:rate5m", 2))


def test_batches_are_those_that_the_exporter_has_sampled(tmp_path: Path) -> None:
    sampled = {engine("rayscope_vllm_requests_per_step_sampled_bucket", le="8.0"): "0+60x20"}
    play(tmp_path, sampled, gives("rayscope_model:requests_per_step_bucket:rate5m", 1, 'le="8.0"'))


def test_a_ratio_of_failures_is_zero_without_one_and_nothing_without_requests(tmp_path: Path) -> None:
    name = "rayscope_model:requests_failed:ratio_rate5m"
    finished = engine("vllm:request_success_total", finished_reason="stop")
    failed = engine("vllm:request_success_total", finished_reason="error")
    play(tmp_path, {finished: "0+60x20"}, gives(name, 0))
    play(tmp_path, {finished: "0+60x20", failed: "0+20x20"}, gives(name, 0.25))
    play(tmp_path, {finished: "60x20"}, Expected("10m", name))


def test_rays_gpu_memory_is_mebibytes_and_bytes_are_recorded(tmp_path: Path) -> None:
    """A100 with 40 GiB of 80 in use, twice in the pod."""
    gpus = {
        f'ray_node_gram_{what}{{{PLACE},pod="worker",GpuIndex="{index}"}}': f"{40 * 1024}x20"
        for what in ("used", "available")
        for index in range(2)
    }
    play(
        tmp_path,
        gpus,
        gives(USED, 2 * 40 * 1024 * MIB, labels=OF_POD),
        gives(TOTAL, 2 * 80 * 1024 * MIB, labels=OF_POD),
    )


@pytest.mark.parametrize(
    "pod",
    [
        f'namespace="gpu-operator",pod="dcgm-x",exported_namespace="{NAMESPACE}",exported_pod="worker"',
        f'namespace="{NAMESPACE}",pod="worker"',
    ],
    ids=["target labels win", "honorLabels"],
)
def test_dcgms_gpu_memory_is_taken_where_ray_tells_none(pod: str, tmp_path: Path) -> None:
    """MiB as well; the pod is found by what is scraped of it, and nobody else's GPU is counted."""
    scraped = {f'up{{{PLACE},pod="worker",endpoint="{port}"}}': "1x20" for port in ("metrics", "vllm-metrics")}
    dcgm = {
        f'DCGM_FI_DEV_FB_{what}{{{pod},gpu="{gpu}"}}': f"{mib}x20"
        for what, mib in (("USED", 1024), ("FREE", 3072))
        for gpu in range(2)
    }
    others = {'DCGM_FI_DEV_FB_USED{namespace="other",pod="worker",gpu="9"}': "999x20"}
    used = gives(USED, 2 * 1024 * MIB, labels=OF_POD)
    play(tmp_path, scraped | dcgm | others, used, gives(TOTAL, 2 * 4096 * MIB, labels=OF_POD))
    rays = {f'ray_node_gram_used{{{PLACE},pod="worker",GpuIndex="0"}}': "100x20"}
    play(tmp_path, scraped | dcgm | rays, gives(USED, 100 * MIB, labels=OF_POD))


def test_errors_at_the_door_are_those_of_the_server(tmp_path: Path) -> None:
    requests = {f'ray_serve_num_http_requests_total{{{PLACE},route="/"}}': "0+60x20"}
    errors = {
        f'ray_serve_num_http_error_requests_total{{{PLACE},route="/",error_code="{code}"}}': "0+30x20"
        for code in ("404", "503")
    }
    name, place = "rayscope_cluster:serve_http_errors:rate5m", OF_MODEL.rpartition(", ")[0]
    play(tmp_path, requests, gives(name, 0, labels=place))
    play(tmp_path, requests | errors, gives(name, 0.5, labels=place))
