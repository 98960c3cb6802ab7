"""Which VLLMMonitors there are, learned from lists on a real API server while others are at work on them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from rayscope import zipapp
from rayscope.control.exporters import Exporters
from rayscope.control.leading import Leading
from rayscope.control.missing import MissingKinds
from rayscope.control.monitors import Monitors
from rayscope.control.options import Options
from rayscope.kube.api import Api
from rayscope.model.service import Key
from tests.control.rayscope import NAMESPACE
from tests.plane import Plane
from tests.plane.resources import VLLM_MONITORS

pytestmark = pytest.mark.usefixtures("rayscope")

NAME = "somebodys-own"
LIMIT = 60.0
OF_NOBODY = {
    "operation": "Update",
    "apiVersion": VLLM_MONITORS.api_version,
    "fieldsType": "FieldsV1",
    "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}},
}
"""An entry of managedFields, which whoever may patch an object may write, also without a manager's name."""


@pytest.fixture
async def api(plane: Plane) -> AsyncIterator[Api]:
    async with await Api.connect(str(plane.kubeconfig)) as connected:
        yield connected


@pytest.fixture
def monitors(api: Api) -> Monitors:
    return Monitors(api, MissingKinds(api, None, lambda: None))


@pytest.fixture
def key(plane: Plane, namespace: str) -> Key:
    """Of a VLLMMonitor that is there, for no service."""
    manifest = {"apiVersion": VLLM_MONITORS.api_version, "kind": "VLLMMonitor", "metadata": {"name": NAME}}
    plane.client.create(VLLM_MONITORS.path(namespace), manifest)
    return Key(namespace, NAME)


def path(key: Key) -> str:
    return VLLM_MONITORS.path(key.namespace, key.name)


async def test_one_whose_end_nobody_has_told_is_forgotten(plane: Plane, monitors: Monitors, key: Key) -> None:
    await monitors.learn([key.namespace])
    assert key in monitors
    plane.client.delete(path(key))
    await monitors.learn([key.namespace])
    assert key not in monitors


async def test_whose_end_nobody_has_told_is_visited_once_more(plane: Plane, api: Api, key: Key) -> None:
    options = Options(NAMESPACE, "a replica at rest", watch_namespaces=(key.namespace,))
    leading = Leading(api, options, Exporters(api, NAMESPACE, zipapp.build()), lambda: None)
    await leading.resync.learn()
    visiting = asyncio.create_task(leading.queue.run())
    await asyncio.wait_for(leading.queue.idle(), LIMIT)
    visiting.cancel()
    assert key not in leading.queue.waiting
    plane.client.delete(path(key))
    await leading.resync.learn()
    assert key in leading.queue.waiting


async def test_what_is_told_while_a_list_is_read_is_later_than_the_list(monitors: Monitors, key: Key) -> None:
    await monitors.learn([key.namespace])
    learning = asyncio.create_task(monitors.learn([key.namespace]))
    await asyncio.sleep(0)  # now it waits for the list
    monitors.gone(key)
    await learning
    assert key not in monitors


async def test_a_writer_without_a_name_is_somebody_like_any_other(plane: Plane, monitors: Monitors, key: Key) -> None:
    plane.client.patch(path(key), [{"op": "add", "path": "/metadata/managedFields/-", "value": OF_NOBODY}])
    found = plane.client.get(path(key))
    assert not all(entry.get("manager") for entry in found["metadata"]["managedFields"])
    await monitors.learn([key.namespace])
    assert key in monitors
