"""A watch on a real API server: what there is, what becomes of it, and what it does where it has lost its place."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.errors import ApiError
from rayscope.kube.kinds import CONFIG_MAP, Kind
from rayscope.kube.watch import Selection, Watch
from tests.control.stage import until
from tests.plane import Plane
from tests.plane.resources import CONFIG_MAPS

LABELS = {"watched": "yes"}
PAGES, PAGE = 3, 500
"""A list of several answers takes a while."""
NOWHERE = Kind("nowhere.example.com", "v1", "Nothing", "nothings")


@dataclass
class Heard:
    """All that a watch has told, by names."""

    lists: list[list[str]] = field(default_factory=list)
    events: list[tuple[str, bool]] = field(default_factory=list)

    def listed(self, found: Objects) -> None:
        self.lists.append([each["metadata"]["name"] for each in found])

    def told(self, body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        assert "data" not in body
        self.events.append((body["metadata"]["name"], deleted))

    async def hears(self, *events: tuple[str, bool]) -> None:
        async def heard() -> bool:
            return self.events == list(events)

        await until(heard)


@pytest.fixture
async def api(plane: Plane) -> AsyncIterator[Api]:
    async with await Api.connect(str(plane.kubeconfig)) as connected:
        yield connected


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def watch(plane: Plane, namespace: str, api: Api, heard: Heard) -> AsyncIterator[Watch]:
    """Of the namespace's labelled ConfigMaps, of which there is one."""
    create(plane, namespace, "first", **LABELS)
    made = Watch(api, Selection(CONFIG_MAP, namespace, "watched=yes"), heard.listed, heard.told)
    await made.learn()
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.wait([running])


def create(plane: Plane, namespace: str, name: str, **labels: str) -> None:
    manifest: dict[str, Any] = {"metadata": {"name": name, "labels": labels}, "data": {"large": "x"}}
    plane.client.create(CONFIG_MAPS.path(namespace), manifest)


async def test_what_there_is_is_listed_once(watch: Watch, heard: Heard, plane: Plane, namespace: str) -> None:  # noqa: ARG001
    create(plane, namespace, "second", **LABELS)
    await heard.hears(("second", False))
    assert heard.lists == [["first"]]


async def test_changes_and_deletions_are_told_in_their_order(
    watch: Watch,  # noqa: ARG001
    heard: Heard,
    plane: Plane,
    namespace: str,
) -> None:
    path = CONFIG_MAPS.path(namespace, "first")
    create(plane, namespace, "of-others")
    plane.client.patch(path, {"data": {"large": "y"}})
    plane.client.delete(path)
    await heard.hears(("first", False), ("first", True))


async def test_what_is_no_longer_selected_is_as_good_as_deleted(
    watch: Watch,  # noqa: ARG001
    heard: Heard,
    plane: Plane,
    namespace: str,
) -> None:
    plane.client.patch(CONFIG_MAPS.path(namespace, "first"), {"metadata": {"labels": {"watched": "no"}}})
    await heard.hears(("first", True))


async def test_a_list_that_the_watch_has_overtaken_takes_nothing_back(plane: Plane, namespace: str, api: Api) -> None:
    for number in range(PAGES * PAGE):
        create(plane, namespace, f"other-{number}", **LABELS)
    create(plane, namespace, "busy", **LABELS)
    path, versions = CONFIG_MAPS.path(namespace, "busy"), list[int]()

    def note(body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        if body["metadata"]["name"] == "busy" and not deleted:
            versions.append(int(body["metadata"]["resourceVersion"]))

    def listed(found: Objects) -> None:
        for body in found:
            note(body, False)  # noqa: FBT003 - as a watch tells

    made = Watch(api, Selection(CONFIG_MAP, namespace, "watched=yes"), listed, note)
    await made.learn()
    running, learning = asyncio.create_task(made.run()), asyncio.create_task(made.learn())
    latest = 0
    while not learning.done():
        await asyncio.to_thread(plane.client.patch, path, {"data": {"large": str(len(versions))}})
        latest = int(plane.client.get(path)["metadata"]["resourceVersion"])

    async def heard() -> bool:
        return versions[-1] == latest

    await until(heard)
    running.cancel()
    await asyncio.wait([running])
    assert versions == sorted(versions)


async def test_a_watch_that_is_refused_says_so(api: Api, namespace: str) -> None:
    with pytest.raises(ApiError, match="Invalid value"):
        await anext(api.watch(CONFIG_MAP, namespace, "watched=yes", "no moment"))


async def test_of_a_kind_that_is_not_installed_there_is_nothing(api: Api, heard: Heard) -> None:
    await Watch(api, Selection(NOWHERE, None, "watched=yes"), heard.listed, heard.told).learn()
    assert heard.lists == [[]]
