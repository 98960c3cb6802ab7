"""A monitor that was created in haste and is applied later, on a real API server: what is no longer given goes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rayscope.control.takeover import applied
from rayscope.kube.api import Api
from rayscope.kube.kinds import POD_MONITOR
from rayscope.model.names import MANAGER
from tests.plane import Plane
from tests.plane.resources import POD_MONITORS

NAME = "hasty"


@pytest.fixture
async def api(plane: Plane) -> AsyncIterator[Api]:
    async with await Api.connect(str(plane.kubeconfig)) as connected:
        yield connected


def monitor(namespace: str, selector: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": POD_MONITOR.api_version,
        "kind": POD_MONITOR.kind,
        "metadata": {"name": NAME, "namespace": namespace, "labels": labels},
        "spec": {"selector": selector, "podMetricsEndpoints": [{"port": "metrics"}]},
    }


def stored(plane: Plane, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = plane.client.get(POD_MONITORS.path(namespace, NAME))
    return found


def managers(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in found["metadata"]["managedFields"]]


async def test_what_was_created_and_is_no_longer_given_is_removed(plane: Plane, namespace: str, api: Api) -> None:
    await api.create(monitor(namespace, {"matchLabels": {"a": "b"}}, kept="yes", dropped="yes"))
    selector = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
    answer = await applied(api, monitor(namespace, selector, kept="yes"))
    found = stored(plane, namespace)
    assert found["metadata"]["labels"] == {"kept": "yes"}
    assert found["spec"]["selector"] == selector
    assert managers(found) == [(MANAGER, "Apply")]
    assert answer["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]


async def test_what_others_have_added_stays(plane: Plane, namespace: str, api: Api) -> None:
    await api.create(monitor(namespace, {}, ours="yes"))
    plane.client.patch(POD_MONITORS.path(namespace, NAME), {"metadata": {"labels": {"theirs": "yes"}}})
    await applied(api, monitor(namespace, {}))
    assert stored(plane, namespace)["metadata"]["labels"] == {"theirs": "yes"}


async def test_what_is_as_it_was_created_is_taken_over_once(plane: Plane, namespace: str, api: Api) -> None:
    await api.create(monitor(namespace, {}, ours="yes"))
    first = await applied(api, monitor(namespace, {}, ours="yes"))
    assert managers(stored(plane, namespace)) == [(MANAGER, "Apply")]
    second = await applied(api, monitor(namespace, {}, ours="yes"))
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
