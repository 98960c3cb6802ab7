"""ServiceMonitor mode: a headless Service for every cluster, and one monitor that selects them all and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME, cluster_targets, service_targets
from rayscope.model.selector import selects
from rayscope.render.children import monitors
from rayscope.render.settings import Settings
from tests.unit.render.strategies import OWN, Situation, cluster, object_names, service, situations, unhurried

MODE = MonitorSpec.model_validate({"scrape": {"kind": "ServiceMonitor"}})


def rendered(clusters: Sequence[Manifest] = (), expected: Sequence[str] = ()) -> tuple[list[Any], Any]:
    *services, monitor = monitors(service(expected=expected), clusters, MODE, Settings(OWN))
    assert {each["kind"] for each in services} == {"Service"}
    assert monitor["kind"] == "ServiceMonitor"
    return services, monitor


def test_every_cluster_that_lives_or_is_about_to_has_a_service_that_selects_its_pods() -> None:
    services, _ = rendered([cluster("llm-b")], ["llm-b", "llm-c"])
    assert {each["metadata"]["name"]: each["spec"]["selector"] for each in services} == {
        "llm-b-rayscope": {"ray.io/cluster": "llm-b"},
        "llm-c-rayscope": {"ray.io/cluster": "llm-c"},
    }


def test_before_a_cluster_is_known_the_pods_are_found_by_the_label_that_they_will_have() -> None:
    [only], _ = rendered()
    assert only["metadata"]["name"] == "llm-rayscope-pods"
    assert only["spec"]["selector"] == {"rayscope.dev/service": "llm"}


def test_pods_are_listed_by_themselves_and_whether_they_are_ready_or_not() -> None:
    [only], _ = rendered([cluster("llm-b")])
    assert only["spec"]["clusterIP"] == "None"
    assert only["spec"]["publishNotReadyAddresses"] is True


def test_the_monitors_ports_are_the_services_and_those_are_the_pods_by_name() -> None:
    [only], monitor = rendered([cluster("llm-b")])
    ports = {port["name"]: port["targetPort"] for port in only["spec"]["ports"]}
    assert ports == {name: name for name in (EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME)}
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == list(ports)


@unhurried
@given(situations())
def test_the_monitor_selects_its_own_services_and_no_other_object(situation: Situation) -> None:
    subject, clusters, _, settings = situation
    *services, monitor = monitors(subject, clusters, MODE, settings)
    selector = monitor["spec"]["selector"]
    assert all(selects(selector, each["metadata"]["labels"]) for each in services)
    assert not selects(selector, monitor["metadata"]["labels"])
    others = list(monitors(service("other" + subject.key.name[:10]), clusters, MODE, settings))
    assert not any(selects(selector, each["metadata"]["labels"]) for each in others)


def test_a_prometheuss_labels_are_on_the_monitor_alone() -> None:
    settings = Settings(OWN, labels={"ray.io/cluster": "llm-b"})
    first, monitor = monitors(service(), [cluster("llm-b")], MODE, settings)
    assert "ray.io/cluster" not in first["metadata"]["labels"]
    assert monitor["metadata"]["labels"]["ray.io/cluster"] == "llm-b"


def test_its_targets_have_the_labels_that_a_pod_monitor_in_its_place_would_give_them() -> None:
    _, monitor = rendered()
    for endpoint in monitor["spec"]["endpoints"]:
        [job] = [rule for rule in endpoint["relabelings"] if rule.get("targetLabel") == "job"]
        assert job["replacement"] == "$1/llm-rayscope"
        assert {"regex": "service", "action": "labeldrop"} in endpoint["relabelings"]


@given(object_names)
def test_a_service_has_a_name_that_kubernetes_takes(name: str) -> None:
    for given_name in (cluster_targets(name), service_targets(name)):
        assert len(given_name) <= 63
        assert given_name[0].isalpha()
        assert given_name[-1].isalnum()


@pytest.mark.parametrize("name", ["x" * 60, "1llm", "llm.v1"])
def test_a_name_that_does_not_fit_is_made_of_its_hash_and_no_other_clusters(name: str) -> None:
    assert cluster_targets(name).startswith("rayscope-")
    assert len({cluster_targets(name), cluster_targets(name + "x"), service_targets(name)}) == 3
