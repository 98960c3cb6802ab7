"""The PodMonitor: whom it selects, what it keeps, what it says about each target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import RayPort
from rayscope.model.names import EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME
from rayscope.render.podmonitor import selector, service_pod_monitor
from rayscope.render.settings import Scrape
from tests.unit.render.strategies import Situation, cluster, service, situations, unhurried


def endpoints(scrape: Scrape) -> dict[str, Any]:
    monitor = service_pod_monitor(service(), [], scrape)
    return {endpoint["port"]: endpoint for endpoint in monitor["spec"]["podMetricsEndpoints"]}


def selected(clusters: Sequence[Manifest], expected: Sequence[str]) -> list[str]:
    [expression] = selector(service(expected=expected), clusters)["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("ray.io/cluster", "In")
    values: list[str] = expression["values"]
    return values


def test_clusters_that_live_and_those_that_are_about_to_are_selected_once_and_in_order() -> None:
    live = [cluster("llm-z"), cluster("llm-b")]
    assert selected(live, ["llm-b", "llm-c"]) == ["llm-b", "llm-c", "llm-z"]


def test_a_cluster_that_the_status_no_longer_names_is_selected_as_long_as_it_lives() -> None:
    assert selected([cluster("llm-old")], ["llm-new"]) == ["llm-new", "llm-old"]


def test_a_service_without_clusters_is_selected_by_the_label_that_its_pods_will_have() -> None:
    assert selector(service("llm"), []) == {"matchLabels": {"rayscope.dev/service": "llm"}}


@unhurried
@given(situations())
def test_no_service_ever_selects_every_pod_of_its_namespace(situation: Situation) -> None:
    subject, clusters, _, _ = situation
    found = selector(subject, clusters)
    assert found.get("matchLabels") or all(expression["values"] for expression in found["matchExpressions"])


@pytest.mark.parametrize(
    ("ray", "ports"),
    [
        (RayPort.ESSENTIAL, [EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME]),
        (RayPort.FULL, [EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME]),
        (RayPort.OFF, [EXPORTER_PORT_NAME]),
    ],
)
def test_rays_port_is_scraped_unless_it_is_off(ray: RayPort, ports: list[str]) -> None:
    assert list(endpoints(Scrape(ray=ray))) == ports


def test_only_the_essential_series_of_rays_port_are_kept() -> None:
    [rule] = endpoints(Scrape())[RAY_METRICS_PORT_NAME]["metricRelabelings"]
    assert (rule["action"], rule["sourceLabels"]) == ("keep", ["__name__"])


def test_everything_is_kept_of_rays_port_in_full_and_always_of_the_exporters() -> None:
    full = endpoints(Scrape(ray=RayPort.FULL))
    assert "metricRelabelings" not in full[RAY_METRICS_PORT_NAME]
    assert "metricRelabelings" not in full[EXPORTER_PORT_NAME]
    assert "metricRelabelings" not in endpoints(Scrape())[EXPORTER_PORT_NAME]


def test_both_ports_have_the_labels_that_dashboards_query() -> None:
    for endpoint in endpoints(Scrape()).values():
        assert {
            rule["targetLabel"]: rule.get("sourceLabels") or rule["replacement"] for rule in endpoint["relabelings"]
        } == {
            "rayservice": "llm",
            "ray_io_cluster": ["__meta_kubernetes_pod_label_ray_io_cluster"],
            "ray_io_node_type": ["__meta_kubernetes_pod_label_ray_io_node_type"],
            "ray_io_group": ["__meta_kubernetes_pod_label_ray_io_group"],
        }


def test_no_exporter_can_overwrite_a_targets_labels() -> None:
    assert not any(endpoint.get("honorLabels") for endpoint in endpoints(Scrape()).values())


def test_the_interval_is_the_prometheuss_own_unless_given() -> None:
    assert all("interval" not in endpoint for endpoint in endpoints(Scrape()).values())
    assert all(endpoint["interval"] == "15s" for endpoint in endpoints(Scrape(interval="15s")).values())


def test_labels_for_a_prometheuss_selector_are_added_and_do_not_replace_our_own() -> None:
    asked = {"release": "prometheus", "rayscope.dev/service": "somebody-else"}
    labels = service_pod_monitor(service(), [], Scrape(labels=asked))["metadata"]["labels"]
    assert labels["release"] == "prometheus"
    assert labels["rayscope.dev/service"] == "llm"
