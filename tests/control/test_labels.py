"""The label comes late, goes away, is misspelt, or flickers: what its owner sees, and what is left alone."""

import pytest

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, RAY_METRICS_PORT_NAME
from tests.control.pods import parts
from tests.control.rayscope import Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.waiting import eventually

pytestmark = [pytest.mark.usefixtures("rayscope")]


def uids(objects: list[dict[str, object]]) -> set[str]:
    return {str(item["metadata"]["uid"]) for item in objects}  # type: ignore[index]


def test_a_labelled_service_is_injected_and_monitored_and_its_owner_is_told(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    assert all(parts(pod) == (True, True, True, True) for pod in service.head_and_workers())
    assert service.monitored()["metadata"]["ownerReferences"][0]["kind"] == "RayService"
    assert service.cluster()["metadata"]["name"] in service.told("Injected")


def test_a_late_label_changes_nothing_of_rays_and_tells_the_way(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace)
    cluster, pods = service.cluster(), service.head_and_workers()
    service.label()
    message = service.told("RestartRequired")
    assert cluster["metadata"]["name"] in message
    assert "kubectl annotate raycluster" in message or "rayscope rollout" in message
    ports = [endpoint["port"] for endpoint in service.monitored()["spec"]["podMetricsEndpoints"]]
    assert RAY_METRICS_PORT_NAME in ports
    assert service.cluster()["metadata"]["generation"] == cluster["metadata"]["generation"]
    assert uids(service.clusters()) == {cluster["metadata"]["uid"]}
    assert uids(service.pods()) == uids(pods)


def test_taking_the_label_off_ends_the_scraping_and_nothing_else(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    pods = service.head_and_workers()
    service.monitored()
    service.label(None)
    eventually(lambda: service.monitor() is None, "the monitor is gone")
    assert uids(service.pods()) == uids(pods)
    assert all(parts(pod) == (True, True, True, True) for pod in service.pods())


@pytest.mark.parametrize("last", [MONITOR_VALUE, None])
def test_twenty_quick_flips_of_the_label_end_in_the_last_state(plane: Plane, namespace: str, last: str | None) -> None:
    service = Service.create(plane, namespace)
    service.head_and_workers()
    for _ in range(20):
        service.label(MONITOR_VALUE)
        service.label(None)
    service.label(last)
    if last:
        service.monitored()
    else:
        eventually(lambda: service.monitor() is None, "the monitor is gone")
    assert len(service.clusters()) == 1


def test_a_wrong_value_of_the_label_is_told_to_the_owner(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label="true")
    message = service.told("InvalidLabel")
    assert MONITOR_LABEL in message
    assert "'true'" in message
    assert service.monitor() is None


def test_a_service_made_while_the_webhook_was_down_is_like_a_late_label(
    plane: Plane, namespace: str, rayscope: Rayscope
) -> None:
    rayscope.stop()
    try:
        service = Service.create(plane, namespace, label=MONITOR_VALUE)
        pods = service.head_and_workers()
    finally:
        rayscope.start()
    assert service.cluster()["metadata"]["name"] in service.told("RestartRequired")
    service.monitored()
    assert uids(service.pods()) == uids(pods)
