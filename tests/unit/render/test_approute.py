"""The application's own route: found by KubeRay's labels, and nothing of it is there twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import AppRoute, MonitorSpec
from rayscope.model.selector import selects
from rayscope.render.approute import app_service_monitor
from tests.unit.render.strategies import cluster, injected, service


def monitor(clusters: Sequence[Manifest] = (), *, enabled: bool = True, **scrape: Any) -> Any:
    wanted = MonitorSpec.model_validate({"injection": {"enabled": enabled}, "scrape": {"app": {}, **scrape}})
    return app_service_monitor(service(), clusters, wanted, wanted.scrape.app or AppRoute(), {"release": "prometheus"})


def endpoint(clusters: Sequence[Manifest] = (), **wanted: Any) -> Any:
    [only] = monitor(clusters, **wanted)["spec"]["endpoints"]
    return only


def kept(clusters: Sequence[Manifest], of: str, name: str) -> bool:
    """Whether Prometheus keeps a sample of this name, of a pod of a cluster."""
    sample = {"__name__": name, "ray_io_cluster": of}
    for step in endpoint(clusters).get("metricRelabelings", ()):
        assert step["action"] == "drop"
        if re.fullmatch(step["regex"], ";".join(sample[label] for label in step["sourceLabels"])):
            return False
    return True


@pytest.mark.parametrize(
    ("labels", "selected"),
    [
        ({"ray.io/originated-from-crd": "RayService", "ray.io/serve": "llm-serve"}, True),
        ({"ray.io/originated-from-crd": "RayService", "ray.io/serve": "llm-a-serve"}, True),
        ({"ray.io/originated-from-crd": "RayCluster", "ray.io/serve": "llm-a-serve"}, False),
        ({"ray.io/originated-from-crd": "RayService", "ray.io/serve": "other-serve"}, False),
        ({"ray.io/originated-from-crd": "RayService", "ray.io/node-type": "head"}, False),
    ],
)
def test_kuberays_serve_services_are_selected_and_no_others(labels: dict[str, str], *, selected: bool) -> None:
    assert selects(monitor([cluster("llm-a")])["spec"]["selector"], labels) is selected


def test_the_route_is_scraped_where_it_is_said_to_be() -> None:
    assert (endpoint()["port"], endpoint()["path"]) == ("serve", "/metrics")
    given = endpoint(app={"port": "serve-http", "path": "/llm/metrics"})
    assert (given["port"], given["path"]) == ("serve-http", "/llm/metrics")


def test_what_an_exporter_passes_on_is_dropped_from_the_pods_of_its_cluster() -> None:
    clusters = [injected("llm-a", "vllm:", "lmcache:")]
    assert not kept(clusters, "llm-a", "vllm:num_requests_running")
    assert not kept(clusters, "llm-a", "lmcache:hits_total")
    assert kept(clusters, "llm-a", "my_app_requests_total")
    assert kept(clusters, "llm-a", "my_app_vllm:requests")


def test_each_cluster_in_a_rollout_loses_what_its_own_exporter_passes_on() -> None:
    clusters = [injected("llm-a", "vllm:"), injected("llm-b", "vllm:", "http_")]
    assert kept(clusters, "llm-a", "http_requests_total")
    assert not kept(clusters, "llm-b", "http_requests_total")


def test_a_cluster_without_an_exporter_keeps_all_that_its_route_shows() -> None:
    clusters = [injected("llm-a", "vllm:"), cluster("llm-b")]
    assert kept(clusters, "llm-b", "vllm:num_requests_running")
    assert kept([cluster("llm-b")], "llm-b", "vllm:num_requests_running")


def test_an_exporter_that_passes_on_everything_leaves_nothing() -> None:
    assert not kept([injected("llm-a")], "llm-a", "my_app_requests_total")


def test_before_a_cluster_is_known_it_goes_by_how_the_next_will_be_injected() -> None:
    assert not kept([], "llm-a", "vllm:num_requests_running")
    assert kept([], "llm-a", "my_app_requests_total")
    assert "metricRelabelings" not in endpoint(enabled=False)


def test_an_owners_relabelling_follows_the_drop() -> None:
    step = {"action": "drop", "sourceLabels": ["__name__"], "regex": "go_.*"}
    assert endpoint([injected("llm-a", "vllm:")], metricRelabelings=[step])["metricRelabelings"][1:] == [step]


def test_its_targets_have_the_labels_of_all_others_and_a_job_of_their_own() -> None:
    rules = endpoint()["relabelings"]
    written = {rule["targetLabel"]: rule.get("replacement") for rule in rules if "targetLabel" in rule}
    assert set(written) == {"rayservice", "ray_io_cluster", "ray_io_node_type", "ray_io_group", "job"}
    assert (written["rayservice"], written["job"]) == ("llm", "$1/llm-rayscope-app")


def test_it_has_the_labels_that_a_prometheus_selects_by() -> None:
    assert monitor()["metadata"]["labels"]["release"] == "prometheus"
