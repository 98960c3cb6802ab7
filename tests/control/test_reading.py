"""Services that are read ahead, on a real API server: by how many requests, and what takes them back."""

import asyncio
import copy
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from rayscope.control.reading import FEW, MANY, PAGE, Found, Reading
from rayscope.kube.api import Api, Object
from rayscope.kube.kinds import RAY_CLUSTER
from rayscope.model.manifest import Manifest
from rayscope.model.names import (
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_ORIGIN_NAME_LABEL,
)
from rayscope.model.service import Key
from tests.control.samples import Document, is_service, services
from tests.control.stage import template, until
from tests.plane import Plane
from tests.plane.resources import RAY_CLUSTERS, RAY_SERVICES

pytestmark = pytest.mark.control

SERVICES = PAGE + FEW


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """A plane without KubeRay, so that nothing changes by itself."""
    with Plane() as made:
        made.stop_kuberay()
        yield made


@dataclass
class Reader:
    """A Reading with as many services as are worth it, each with one cluster; and who waits for a visit."""

    plane: Plane
    namespace: str
    reading: Reading
    due: set[Key] = field(default_factory=set)

    def key(self, number: int) -> Key:
        return Key(self.namespace, f"llm-{number:03}")

    async def visited(self, number: int) -> tuple[Found, Sequence[Manifest]]:
        self.due.discard(self.key(number))
        found = await self.reading.service(self.key(number))
        assert found
        return found, await self.reading.clusters(self.key(number), found)

    async def at_hand(self, number: int) -> None:
        """Wait until it is read; a visit of the first service is what begins that."""
        await self.visited(0)

        async def is_read() -> bool:
            return self.key(number) in self.reading

        await until(is_read)

    def requests(self, mark: int) -> list[tuple[str, str]]:
        asked = (request for request in self.plane.audit.since(mark) if request.agent.startswith("rayscope/"))
        return [(request.verb, request.resource) for request in asked]


@pytest.fixture
async def reader(plane: Plane, namespace: str) -> AsyncIterator[Reader]:
    (sample,) = filter(is_service, services(plane.samples)["sample"])
    async with await Api.connect(str(plane.kubeconfig)) as api:
        made = Reader(plane, namespace, Reading(api, (namespace,), lambda: made.due))
        for number in range(SERVICES):
            create(made, sample, made.key(number).name)
        made.due |= {made.key(number) for number in range(SERVICES)} | {Key(namespace, f"{n}") for n in range(MANY)}
        running = asyncio.create_task(made.reading.run())
        await asyncio.sleep(0)  # it waits for the first visit now
        yield made
        running.cancel()
        await asyncio.wait([running])


def create(reader: Reader, sample: Document, name: str) -> None:
    """A service, and the cluster that KubeRay would make for it."""
    service = copy.deepcopy(sample)
    service["metadata"] = {"name": name, "labels": {MONITOR_LABEL: MONITOR_VALUE}}
    reader.plane.client.create(RAY_SERVICES.path(reader.namespace), service)
    create_cluster(reader, name, "one")


def create_cluster(reader: Reader, service: str, suffix: str) -> Object:
    labels = {RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND, RAY_ORIGIN_NAME_LABEL: service}
    group = {"rayStartParams": {}, "template": template()}
    made = {
        "apiVersion": RAY_CLUSTER.api_version,
        "kind": RAY_CLUSTER.kind,
        "metadata": {"name": f"{service}-{suffix}", "labels": labels},
        "spec": {"headGroupSpec": group},
    }
    return reader.plane.client.create(RAY_CLUSTERS.path(reader.namespace), made)


def annotated(reader: Reader, number: int) -> Object:
    """The service, after an edit."""
    path = RAY_SERVICES.path(reader.namespace, reader.key(number).name)
    return reader.plane.client.patch(path, {"metadata": {"annotations": {"edited": "yes"}}})


def is_edited(found: Found) -> bool:
    return "edited" in found.service["metadata"].get("annotations", {})


async def test_visits_of_a_page_cost_no_request_of_their_own(reader: Reader) -> None:
    await reader.at_hand(1)
    mark = reader.plane.audit.mark()
    for number in range(1, FEW - 1):
        found, clusters = await reader.visited(number)
        assert Key(reader.namespace, found.service["metadata"]["name"]) == reader.key(number)
        assert [each["metadata"]["name"] for each in clusters] == [f"{reader.key(number).name}-one"]
    assert reader.requests(mark) == []


async def test_the_next_page_is_read_before_the_last_one_is_used_up(reader: Reader) -> None:
    await reader.at_hand(1)
    assert reader.key(PAGE) not in reader.reading
    for number in range(1, FEW + 1):
        await reader.visited(number)
    await reader.at_hand(PAGE)
    assert reader.key(FEW + 1) in reader.reading


async def test_services_that_nobody_waits_for_hold_nothing_up(reader: Reader) -> None:
    reader.due -= {reader.key(number) for number in range(PAGE)}
    await reader.at_hand(PAGE)
    assert reader.key(1) not in reader.reading


async def test_what_was_read_serves_one_visit(reader: Reader) -> None:
    await reader.at_hand(1)
    await reader.visited(1)
    annotated(reader, 1)
    found, _ = await reader.visited(1)
    assert is_edited(found)


async def test_a_service_that_has_changed_since_is_read_again(reader: Reader) -> None:
    await reader.at_hand(1)
    reader.reading.changed(reader.key(1), annotated(reader, 1), deleted=False)
    found, _ = await reader.visited(1)
    assert is_edited(found)


async def test_a_change_that_was_told_before_its_page_came_is_not_lost(reader: Reader) -> None:
    await reader.at_hand(1)
    reader.reading.changed(reader.key(PAGE), annotated(reader, PAGE), deleted=False)
    for number in range(1, FEW + 1):
        await reader.visited(number)
    await reader.at_hand(PAGE + 1)
    found, _ = await reader.visited(PAGE)
    assert is_edited(found)


async def test_an_event_that_tells_nothing_new_takes_nothing_back(reader: Reader) -> None:
    await reader.at_hand(1)
    known = reader.plane.client.get(RAY_SERVICES.path(reader.namespace, reader.key(1).name))
    reader.reading.changed(reader.key(1), known, deleted=False)
    assert reader.key(1) in reader.reading


async def test_a_new_cluster_is_seen(reader: Reader) -> None:
    await reader.at_hand(1)
    name = reader.key(1).name
    reader.reading.changed(reader.key(1), create_cluster(reader, name, "two"), deleted=False)
    _, clusters = await reader.visited(1)
    assert [each["metadata"]["name"] for each in clusters] == [f"{name}-one", f"{name}-two"]


async def test_a_cluster_that_is_gone_is_not_seen(reader: Reader) -> None:
    await reader.at_hand(1)
    path = RAY_CLUSTERS.path(reader.namespace, f"{reader.key(1).name}-one")
    gone = reader.plane.client.get(path)
    reader.plane.client.delete(path)
    reader.reading.changed(reader.key(1), gone, deleted=True)
    _, clusters = await reader.visited(1)
    assert not clusters


async def test_where_no_visit_is_due_nothing_is_kept(reader: Reader) -> None:
    await reader.at_hand(1)
    reader.due.clear()
    await reader.visited(2)
    assert reader.key(1) not in reader.reading


async def test_a_service_that_is_not_there_is_not_found(reader: Reader) -> None:
    reader.due.clear()
    assert await reader.reading.service(Key(reader.namespace, "nobody")) is None
