"""What happens every day raises nothing: a rollout, a scale to zero, a pod that takes its time to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules import promtool
from tests.rules.promtool import Expected, Series
from tests.rules.rulebook import CLUSTER, INSTALLATION, MODEL, NAMESPACE, NEXT, SERVICE, service
from tests.rules.test_alerts import EVER


def cluster(name: str, lives: str, *, serves: str = "", starts: str = "", healthy: str = "") -> Series:
    """Everything that a cluster exports. `lives`: values of what is constant; the others where they differ."""
    place = f'namespace="{NAMESPACE}",rayservice="{SERVICE}",ray_io_cluster="{name}",pod="{name}-head"'
    engine = f'{place},engine="0",pid="7",model_name="{MODEL}"'
    deployment = f'{place},application="default",deployment="LLM"'
    counted = serves or lives
    return {
        f'up{{{place},endpoint="vllm-metrics"}}': starts or lives,
        f'up{{{place},endpoint="metrics"}}': starts or lives,
        f"rayscope_exporter_directory_fill_ratio{{{place}}}": lives.replace("1x", "0.1x"),
        f'rayscope_exporter_read_errors_total{{{place},reason="empty"}}': lives,
        f"rayscope_vllm_last_step_age_seconds{{{engine}}}": lives,
        f"vllm:num_requests_running{{{engine}}}": lives.replace("1x", "8x"),
        f"vllm:num_requests_waiting{{{engine}}}": lives.replace("1x", "2x"),
        f"vllm:kv_cache_usage_perc{{{engine}}}": lives.replace("1x", "0.9x"),
        f"vllm:num_preemptions_total{{{engine}}}": lives,
        f'vllm:request_success_total{{{engine},finished_reason="stop"}}': counted,
        **{
            f'vllm:{name_}_bucket{{{engine},le="{le}"}}': counted
            for name_ in ("time_to_first_token_seconds", "inter_token_latency_seconds", "e2e_request_latency_seconds")
            for le in ("0.5", "+Inf")
        },
        f'ray_serve_num_http_requests_total{{{place},route="/"}}': counted,
        f"ray_serve_autoscaling_target_replicas{{{deployment}}}": lives.replace("1x", "2x"),
        f'ray_serve_deployment_replica_healthy{{{deployment},replica="a"}}': healthy or lives,
        f'ray_serve_deployment_replica_healthy{{{deployment},replica="b"}}': healthy or lives,
    }


OLD = cluster(CLUSTER, "1x100 stale", serves="0+60x100 stale")
"""Serves for 100 minutes, and is gone."""
NEW = cluster(NEXT, "_x70 1x200", serves="_x95 0+60x175", starts="_x60 0x12 1x200", healthy="_x90 1x180")
"""Begins after an hour; its head answers after 12 minutes, and its model is loaded after half an hour."""
ZERO = {
    name: values.replace("2x100 stale", "2x50 0x50") if "target" in name else values.replace("x100 stale", "x50 stale")
    for name, values in OLD.items()
}


@pytest.mark.parametrize("draining", [(), (CLUSTER,)], ids=["not noticed yet", "being drained"])
def test_a_rollout_raises_nothing(draining: tuple[str, ...], tmp_path: Path) -> None:
    rules = [*INSTALLATION, *service(*draining)]
    promtool.play(tmp_path, rules, {**OLD, **NEW}, [Expected("4h", EVER)], "1m")


def test_a_scale_to_zero_raises_nothing(tmp_path: Path) -> None:
    promtool.play(tmp_path, [*INSTALLATION, *service()], ZERO, [Expected("4h", EVER)], "1m")


def test_the_first_cluster_of_a_service_may_take_its_time(tmp_path: Path) -> None:
    promtool.play(tmp_path, [*INSTALLATION, *service()], NEW, [Expected("4h", EVER)], "1m")


def test_one_slow_request_at_night_wakes_nobody(tmp_path: Path) -> None:
    place = f'namespace="{NAMESPACE}",rayservice="{SERVICE}",ray_io_cluster="{CLUSTER}",model_name="{MODEL}"'
    buckets = {
        f'vllm:e2e_request_latency_seconds_bucket{{{place},pod="head",le="{le}"}}': values
        for le, values in (("0.5", "0x400"), ("+Inf", "0x100 1x300"))
    }
    promtool.play(tmp_path, [*INSTALLATION, *service()], buckets, [Expected("6h", EVER)], "1m")
