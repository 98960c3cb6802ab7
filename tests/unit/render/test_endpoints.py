"""What every monitor says about a port: what is kept of it, how often it is read, and what its targets are called."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.model.monitor import RayPort, Scrape
from rayscope.model.names import EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME
from rayscope.render.endpoints import port_endpoints
from tests.unit.render.strategies import service

BOTH = [EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME]


def endpoints(*, exporter: bool = True, job: str | None = None, **scrape: Any) -> dict[str, Any]:
    found = port_endpoints(service(), Scrape.model_validate(scrape), exporter=exporter, job=job)
    return {endpoint["port"]: endpoint for endpoint in found}


@pytest.mark.parametrize(
    ("ray", "ports"),
    [(RayPort.ESSENTIAL, BOTH), (RayPort.FULL, BOTH), (RayPort.OFF, [EXPORTER_PORT_NAME])],
)
def test_rays_port_is_scraped_unless_it_is_off(ray: RayPort, ports: list[str]) -> None:
    assert list(endpoints(ray=ray)) == ports


def test_the_exporters_port_is_scraped_where_there_is_an_exporter() -> None:
    assert list(endpoints(exporter=False)) == [RAY_METRICS_PORT_NAME]


def test_only_the_essential_series_of_rays_port_are_kept() -> None:
    [rule] = endpoints()[RAY_METRICS_PORT_NAME]["metricRelabelings"]
    assert (rule["action"], rule["sourceLabels"]) == ("keep", ["__name__"])


def test_everything_is_kept_of_rays_port_in_full_and_always_of_the_exporters() -> None:
    full = endpoints(ray="Full")
    assert "metricRelabelings" not in full[RAY_METRICS_PORT_NAME]
    assert "metricRelabelings" not in full[EXPORTER_PORT_NAME]
    assert "metricRelabelings" not in endpoints()[EXPORTER_PORT_NAME]


def test_both_ports_have_the_labels_that_dashboards_query() -> None:
    for endpoint in endpoints().values():
        assert {
            rule["targetLabel"]: rule.get("sourceLabels") or rule["replacement"] for rule in endpoint["relabelings"]
        } == {
            "rayservice": "llm",
            "ray_io_cluster": ["__meta_kubernetes_pod_label_ray_io_cluster"],
            "ray_io_node_type": ["__meta_kubernetes_pod_label_ray_io_node_type"],
            "ray_io_group": ["__meta_kubernetes_pod_label_ray_io_group"],
        }


def test_a_job_is_named_as_that_of_a_pod_monitor_is() -> None:
    for endpoint in endpoints(job="llm-rayscope").values():
        rule = endpoint["relabelings"][-1]
        assert (rule["targetLabel"], rule["replacement"]) == ("job", "$1/llm-rayscope")
        assert rule["sourceLabels"] == ["__meta_kubernetes_namespace"]


def test_no_exporter_can_overwrite_a_targets_labels() -> None:
    assert not any(endpoint.get("honorLabels") for endpoint in endpoints().values())


def test_the_times_are_the_prometheuss_own_unless_given() -> None:
    assert not any({"interval", "scrapeTimeout"} & endpoint.keys() for endpoint in endpoints().values())
    for endpoint in endpoints(interval="15s", scrapeTimeout="5s").values():
        assert (endpoint["interval"], endpoint["scrapeTimeout"]) == ("15s", "5s")


def test_an_owners_relabelling_follows_our_own_and_is_passed_on_as_it_was_written() -> None:
    target = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node", "action": "replace"}
    sample = {"sourceLabels": ["__name__"], "regex": "vllm:.*_created", "action": "drop"}
    for port, endpoint in endpoints(relabelings=[target], metricRelabelings=[sample]).items():
        assert endpoint["relabelings"][:-1] == endpoints()[port]["relabelings"]
        assert endpoint["relabelings"][-1] == target
        assert endpoint["metricRelabelings"] == [*endpoints()[port].get("metricRelabelings", []), sample]
