"""ServiceMonitor mode: pods are found by Services of ours, and a switch back leaves none of them."""

from typing import Any

import pytest

from rayscope.model.names import MANAGED_BY_LABEL, MANAGER, MONITOR_VALUE, app_monitor, cluster_targets, service_monitor
from tests.control.monitors import Monitor
from tests.control.story import Object, Service
from tests.plane import Plane
from tests.plane.resources import POD_MONITORS, SERVICE_MONITORS, SERVICES, Resource
from tests.plane.waiting import eventually

OURS = f"{MANAGED_BY_LABEL}={MANAGER}"

pytestmark = pytest.mark.usefixtures("rayscope")


def wish(service: Service, **scrape: Any) -> None:
    """Say so in the VLLMMonitor that Rayscope has made."""
    monitor = Monitor.of(service)
    monitor.made()
    monitor.edit(scrape=scrape)


def children(service: Service, resource: Resource) -> dict[str, Object]:
    found = service.plane.client.list(resource.path(service.namespace), labels=OURS)
    return {child["metadata"]["name"]: child for child in found}


def until(service: Service, resource: Resource, *names: str) -> None:
    """Rayscope's objects of a kind in the namespace are these."""
    eventually(
        lambda: set(children(service, resource)) == set(names),
        f"the {resource.plural} are {', '.join(names) or 'gone'}",
    )


def test_a_switch_of_the_kind_goes_both_ways_and_leaves_nothing(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    cluster = service.cluster()["metadata"]["name"]
    service.monitored()
    wish(service, kind="ServiceMonitor", app={})
    until(service, SERVICE_MONITORS, service_monitor("llm"), app_monitor("llm"))
    until(service, SERVICES, cluster_targets(cluster))
    until(service, POD_MONITORS)
    wish(service, kind="PodMonitor", app=None)
    until(service, POD_MONITORS, "llm-rayscope")
    until(service, SERVICE_MONITORS)
    until(service, SERVICES)
    assert [each["metadata"]["name"] for each in service.clusters()] == [cluster]


def test_a_service_of_ours_that_somebody_edits_or_deletes_is_restored(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    name = cluster_targets(service.cluster()["metadata"]["name"])
    wish(service, kind="ServiceMonitor")
    until(service, SERVICES, name)
    made = children(service, SERVICES)[name]
    plane.client.patch(SERVICES.path(namespace, name), {"spec": {"publishNotReadyAddresses": False}})
    eventually(lambda: children(service, SERVICES)[name]["spec"] == made["spec"], "the edit is undone")
    plane.client.delete(SERVICES.path(namespace, name))
    until(service, SERVICES, name)
    assert children(service, SERVICES)[name]["metadata"]["uid"] != made["metadata"]["uid"]


def test_everything_goes_with_the_label(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    wish(service, kind="ServiceMonitor", app={})
    until(service, SERVICE_MONITORS, service_monitor("llm"), app_monitor("llm"))
    service.label(None)
    until(service, SERVICE_MONITORS)
    until(service, SERVICES)
