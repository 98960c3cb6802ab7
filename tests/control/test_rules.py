"""A service's PrometheusRule: made, mended and removed as its monitors are; its objectives as pods measure them."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from rayscope.model.names import MONITOR_VALUE, SERVICE_LABEL, prometheus_rule
from tests.control.monitors import Monitor
from tests.control.rayscope import MONITOR_LABELS, Rayscope
from tests.control.story import Object, Service
from tests.control.test_conditions import CAPTURE, prometheus, run
from tests.plane import Plane
from tests.plane.resources import PROMETHEUS_RULES, RAY_SERVICES
from tests.plane.waiting import eventually
from tests.rules import promtool
from tests.unit.exporter.exporters import Exporter

pytestmark = pytest.mark.usefixtures("rayscope")

EDGE, NO_EDGE = {"timeToFirstToken": {"threshold": "500ms"}}, {"timeToFirstToken": {"threshold": "400ms"}}
OBJECTIVE = "llm.slo.timeToFirstToken"


def path(service: Service) -> str:
    return PROMETHEUS_RULES.path(service.namespace, prometheus_rule(service.name))


def rule(service: Service) -> Object:
    """Once it is there."""
    return eventually(lambda: service.plane.client.find(path(service)) or {}, f"{service.name} has rules")


def groups(service: Service) -> list[str]:
    found = service.plane.client.find(path(service)) or {"spec": {"groups": []}}
    return [group["name"] for group in found["spec"]["groups"]]


@pytest.fixture
def service(plane: Plane, namespace: str) -> Service:
    return Service.create(plane, namespace, label=MONITOR_VALUE)


def test_a_labelled_service_has_rules_that_prometheus_understands(service: Service, tmp_path: Path) -> None:
    found = rule(service)
    (owner,) = found["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("RayService", service.name)
    assert {**MONITOR_LABELS, SERVICE_LABEL: service.name}.items() <= found["metadata"]["labels"].items()
    promtool.check(tmp_path, found["spec"]["groups"])


def test_rules_that_somebody_edits_or_deletes_are_restored(service: Service) -> None:
    before = rule(service)
    service.plane.client.patch(path(service), {"spec": {"groups": []}})
    eventually(lambda: groups(service), "the rules are restored")
    service.plane.client.delete(path(service))
    assert rule(service)["spec"] == before["spec"]


def test_rules_go_when_they_are_not_wanted_and_with_the_label(service: Service) -> None:
    monitor = Monitor.of(service)
    rule(service)
    monitor.tells("Injected", "True", "AllInjected")
    monitor.edit(rules={"enabled": False})
    eventually(lambda: not groups(service), "the rules are removed")
    monitor.tells("Monitored", "True", "MonitorsApplied")
    monitor.edit(rules={"enabled": True})
    rule(service)
    service.label(None)
    eventually(lambda: not groups(service), "the rules go with the label")


def test_objectives_are_recorded_once_pods_have_told_their_edges(
    plane: Plane, namespace: str, tmp_path: Path, rayscope: Rayscope
) -> None:
    directory = shutil.copytree(CAPTURE / "vllm-two-api-servers", tmp_path / "captured")
    with Exporter(directory) as exporter:
        monitor = Monitor(plane, namespace)
        monitor.create(injection={"exporter": {"port": exporter.port}}, rules={"slo": EDGE})
        service = Service.create(plane, namespace, label=MONITOR_VALUE)
        monitor.tells("SLOsValid", "Unknown", "WaitingForReport")
        assert groups(service) == ["llm.alerts"]
        run(service)
        monitor.tells("SLOsValid", "True", "Measured")
        eventually(lambda: OBJECTIVE in groups(service), "the objective is recorded")
        assert {0.25, 0.5, 0.75} <= set(monitor.status()["edges"]["timeToFirstToken"])
        monitor.edit(rules={"slo": NO_EDGE})
        assert "0.25, 0.5, 0.75" in monitor.tells("SLOsValid", "False", "UnknownEdge")
        monitor.tells("Ready", "False", "UnknownEdge")
        eventually(lambda: OBJECTIVE not in groups(service), "the objective is left out")
        monitor.edit(rules={"slo": EDGE})
        monitor.tells("Ready", "True", "Ready")
        eventually(lambda: OBJECTIVE in groups(service), "the objective is recorded again")
    _outlive(service, rayscope)


def _outlive(service: Service, rayscope: Rayscope) -> None:
    """A new leader knows the edges, although no exporter answers it: it has nothing to write."""
    before = rule(service)["metadata"]["resourceVersion"]
    rayscope.stop()
    rayscope.start()
    Monitor.of(service).tells("Reporting", "False", "SomeSilent")
    assert rule(service)["metadata"]["resourceVersion"] == before
    Monitor.of(service).tells("SLOsValid", "True", "Measured")


def test_a_cluster_that_is_not_the_services_any_more_is_named_in_the_rules(service: Service) -> None:
    """No kubelet: what KubeRay says of a service whose rollout has finished is written in its place."""
    plane = service.plane
    old = service.cluster()["metadata"]["name"]
    plane.stop_kuberay()
    try:
        status: dict[str, Any] = {"activeServiceStatus": {"rayClusterName": "llm-new"}, "pendingServiceStatus": None}
        plane.client.patch(RAY_SERVICES.path(service.namespace, service.name, "status"), {"status": status})
        left_out = f'ray_io_cluster!~"{old}"'
        eventually(lambda: left_out in str(rule(service)["spec"]), "the draining cluster is left out")
    finally:
        plane.start_kuberay()


def test_the_labels_by_which_a_prometheus_takes_rules_are_found(plane: Plane, service: Service) -> None:
    selectors: dict[str, Any] = {"ruleSelector": {"matchLabels": {"role": "alerts"}}, "ruleNamespaceSelector": {}}
    with prometheus(plane, service.namespace, MONITOR_LABELS, **selectors):
        eventually(lambda: rule(service)["metadata"]["labels"].get("role") == "alerts", "the label is there")


def test_rules_that_no_prometheus_takes_are_told_where_the_monitors_are(plane: Plane, service: Service) -> None:
    with prometheus(plane, service.namespace, MONITOR_LABELS):
        message = Monitor.of(service).tells("Selected", "True", "Selected")
        assert "Its alerts are not evaluated: No Prometheus takes PrometheusRule llm-rayscope" in message
