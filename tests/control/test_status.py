"""`rayscope status` on a real control plane: all labelled services, and no others."""

from typing import Any

import pytest

from rayscope.model.names import MONITOR_VALUE
from tests.control.cli import rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.waiting import eventually

pytestmark = [pytest.mark.control, pytest.mark.usefixtures("rayscope")]


def seen(plane: Plane, namespace: str) -> dict[str, Any]:
    """Its services by name, as JSON has them."""
    told = rayscope(plane.kubeconfig, "status", "-n", namespace, "-o", "json")
    assert (told.code, told.errors) == (0, "")
    return {service["service"]: service for service in told.json["services"]}


def reasons(plane: Plane, namespace: str) -> dict[str, Any]:
    return {name: service["reason"] for name, service in seen(plane, namespace).items()}


def test_what_is_right_and_what_is_not_is_told_of_every_labelled_service(plane: Plane, namespace: str) -> None:
    good = Service.create(plane, namespace, label=MONITOR_VALUE, name="good")
    late = Service.create(plane, namespace, name="late")
    Service.create(plane, namespace, label="true", name="wrong")
    Service.create(plane, namespace, name="other")
    good.monitored()
    late.cluster()
    late.label()
    late.monitored()
    expected = {"good": "WaitingForPods", "late": "RestartRequired", "wrong": "InvalidLabel"}
    eventually(lambda: reasons(plane, namespace) == expected, f"the reasons are {expected}")
    found = seen(plane, namespace)
    assert found["good"]["monitors"] == ["good-rayscope"]
    [cluster] = found["good"]["clusters"]
    assert cluster["name"] == good.cluster()["metadata"]["name"]
    assert cluster["role"] == "Pending"


def test_pods_are_counted_by_what_they_carry(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.head_and_workers()
    [cluster] = seen(plane, namespace)["llm"]["clusters"]
    assert cluster["pods"] == {"total": 2, "injected": 2}


def test_the_table_has_a_line_a_cluster_and_an_empty_one_says_so(plane: Plane, namespace: str) -> None:
    assert rayscope(plane.kubeconfig, "status", "-n", namespace).errors.startswith("No labelled RayService")
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    name = service.cluster()["metadata"]["name"]
    told = rayscope(plane.kubeconfig, "status", "-A")
    [line] = [line for line in told.output.splitlines() if line.split()[0] == namespace]
    assert line.split()[1:4] == ["llm", name, "Pending"]


def test_who_may_not_list_is_told_what_is_missing(plane: Plane, namespace: str) -> None:
    told = rayscope(plane.kubeconfig_for(namespace, "nobody"), "status", "-n", namespace)
    assert told.code == 2
    assert 'cannot list resource "rayservices"' in told.errors
