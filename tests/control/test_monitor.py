"""The life of a VLLMMonitor: who makes it, whose it is, what an edit changes, and what is left of it at the end."""

from typing import Any

import pytest

from rayscope.inject import recorded_payload
from rayscope.model.names import EXPORTER_PORT_NAME, MANAGER, MONITOR_VALUE
from tests.control.monitors import Monitor
from tests.control.pods import parts
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.resources import VLLM_MONITORS
from tests.plane.waiting import eventually

pytestmark = pytest.mark.usefixtures("rayscope")

BARE = (False, False, False, False)


def spec_managers(monitor: dict[str, Any]) -> set[str]:
    """Who owns a field of the spec."""
    return {entry["manager"] for entry in monitor["metadata"]["managedFields"] if "f:spec" in entry["fieldsV1"]}


def owners(monitor: Monitor) -> list[str]:
    return [owner["kind"] for owner in monitor.made()["metadata"].get("ownerReferences", ())]


def labelled(plane: Plane, namespace: str) -> tuple[Service, Monitor]:
    """A labelled service, and the VLLMMonitor that the operator has made for it."""
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.monitored()
    monitor = Monitor.of(service)
    monitor.made()
    return service, monitor


def test_a_labelled_service_gets_one_with_all_defaults_and_no_field_of_its_spec_is_the_operators(
    plane: Plane, namespace: str
) -> None:
    _, monitor = labelled(plane, namespace)
    made = monitor.made()
    assert made["spec"]["scrape"]["kind"] == "PodMonitor"
    assert owners(monitor) == ["RayService"]
    assert spec_managers(made) == set()


def test_git_applies_over_the_operators_without_a_conflict_and_it_is_the_users_then(
    plane: Plane, namespace: str
) -> None:
    service, monitor = labelled(plane, namespace)
    manifest = {
        "apiVersion": VLLM_MONITORS.api_version,
        "kind": "VLLMMonitor",
        "metadata": {"name": monitor.name, "namespace": namespace},
        "spec": {"scrape": {"ray": "Full"}},
    }
    plane.client.apply(monitor.path, manifest, manager="gitops")
    eventually(lambda: not owners(monitor), "the operator has let go of it")
    service.label(None)
    monitor.tells("Ready", "False", "NotLabelled")
    assert monitor.made()["spec"]["scrape"]["ray"] == "Full"


def test_one_that_a_user_made_before_is_what_the_first_cluster_is_made_with(plane: Plane, namespace: str) -> None:
    monitor = Monitor(plane, namespace)
    monitor.create(injection={"exporter": {"port": 9999}})
    monitor.tells("Ready", "False", "ServiceMissing")
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    payload = recorded_payload(service.cluster())
    assert payload
    assert payload.port == 9999
    monitor.tells("Injected", "True", "AllInjected")
    assert owners(monitor) == []
    assert spec_managers(monitor.made()).isdisjoint({MANAGER})


def test_one_that_is_edited_while_pods_run_changes_the_scrape_and_no_pod(plane: Plane, namespace: str) -> None:
    service, monitor = labelled(plane, namespace)
    pods, cluster = service.head_and_workers(), service.cluster()
    monitor.edit(injection={"exporter": {"port": 9998}}, scrape={"interval": "15s"})

    def intervals() -> set[str | None]:
        endpoints = (service.monitor() or {"spec": {"podMetricsEndpoints": []}})["spec"]["podMetricsEndpoints"]
        return {endpoint.get("interval") for endpoint in endpoints}

    eventually(lambda: intervals() == {"15s"}, "the PodMonitor has the interval")
    eventually(lambda: monitor.counts().get("outdated") == len(pods), "every pod is counted as outdated")
    assert service.cluster()["metadata"]["generation"] == cluster["metadata"]["generation"]
    assert {pod["metadata"]["uid"] for pod in service.pods()} == {pod["metadata"]["uid"] for pod in pods}
    assert owners(monitor) == []


def test_one_that_is_deleted_is_made_again_with_the_defaults(plane: Plane, namespace: str) -> None:
    _, monitor = labelled(plane, namespace)
    monitor.edit(scrape={"ray": "Full"})
    eventually(lambda: not owners(monitor), "it is the user's")
    before = monitor.made()
    monitor.delete()
    eventually(lambda: (monitor.found() or before)["metadata"]["uid"] != before["metadata"]["uid"], "it is a new one")
    assert monitor.made()["spec"]["scrape"]["ray"] == "Essential"
    monitor.tells("Injected", "True", "AllInjected")


def test_the_operators_goes_with_the_label(plane: Plane, namespace: str) -> None:
    service, monitor = labelled(plane, namespace)
    service.label(None)
    eventually(lambda: monitor.found() is None, "the VLLMMonitor is gone")
    eventually(lambda: service.monitor() is None, "the PodMonitor is gone")


def test_a_users_stays_without_the_label_and_without_the_service(plane: Plane, namespace: str) -> None:
    monitor = Monitor(plane, namespace)
    monitor.create(scrape={"ray": "Full"})
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.monitored()
    monitor.tells("Monitored", "True", "MonitorsApplied")
    service.label(None)
    assert "kubectl label rayservice llm" in monitor.tells("Ready", "False", "NotLabelled")
    eventually(lambda: service.monitor() is None, "the PodMonitor is gone")
    plane.client.delete(service.path)
    monitor.tells("Ready", "False", "ServiceMissing")


def test_one_that_wants_no_injection_leaves_rays_port_and_bare_pods(plane: Plane, namespace: str) -> None:
    monitor = Monitor(plane, namespace)
    monitor.create(injection={"enabled": False})
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    assert all(parts(pod) == BARE for pod in service.head_and_workers())
    ports = [endpoint["port"] for endpoint in service.monitored()["spec"]["podMetricsEndpoints"]]
    assert EXPORTER_PORT_NAME not in ports
    monitor.tells("Injected", "False", "Disabled")
    monitor.tells("Reporting", "False", "Disabled")
    assert service.events("RestartRequired") == []


def test_one_that_asks_for_a_service_monitor_gets_it_instead(plane: Plane, namespace: str) -> None:
    service, monitor = labelled(plane, namespace)
    monitor.edit(scrape={"kind": "ServiceMonitor"})
    eventually(lambda: service.monitor() is None, "the PodMonitor is gone")
    eventually(lambda: "ServiceMonitor" in monitor.condition("Monitored").get("message", ""), "it is told")
    assert service.clusters()
