"""Which Prometheuses can be seen, on a real API server, while some come and go in the middle of a read."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from rayscope.control.prometheuses import PROMETHEUS_KINDS, Prometheuses
from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.kinds import PROMETHEUS, Kind
from tests.plane import Plane
from tests.plane.resources import PROMETHEUSES


class Overtaken(Api):
    """Something happens after it has read the Prometheuses, and before it reads the PrometheusAgents."""

    meanwhile: Callable[[], None] | None = None
    lists = 0

    async def list(self, kind: Kind, *arguments: Any, **options: Any) -> Objects:
        self.lists += 1
        found = await super().list(kind, *arguments, **options)
        if kind == PROMETHEUS and (happens := self.meanwhile):
            self.meanwhile = None
            happens()
        return found


@pytest.fixture
async def api(plane: Plane) -> AsyncIterator[Overtaken]:
    async with await Overtaken.connect(str(plane.kubeconfig)) as connected:
        yield connected


@pytest.fixture
def prometheuses(api: Api, namespace: str) -> Prometheuses:
    return Prometheuses(api, [namespace])


@pytest.fixture
def seen(plane: Plane, namespace: str, tidy: None) -> Object:  # noqa: ARG001 - it is taken away after the test
    """One that is there before the first read."""
    return make(plane, namespace, "seen")


@pytest.fixture
def tidy(plane: Plane, namespace: str) -> Iterator[None]:
    """None is left after the test: other tests' services would be seen by it."""
    yield
    for each in plane.client.list(PROMETHEUSES.path(namespace)):
        plane.client.delete(PROMETHEUSES.path(namespace, each["metadata"]["name"]))


async def test_one_that_comes_in_the_middle_of_a_read_is_seen(
    plane: Plane, namespace: str, api: Overtaken, prometheuses: Prometheuses, seen: Object
) -> None:
    def come() -> None:
        assert not prometheuses.changed(PROMETHEUS, make(plane, namespace, "late"), deleted=False)

    api.meanwhile = come
    assert names(await prometheuses.visible()) == ["late", seen["metadata"]["name"]]


async def test_one_that_goes_in_the_middle_of_a_read_is_gone(
    plane: Plane, namespace: str, api: Overtaken, prometheuses: Prometheuses, seen: Object
) -> None:
    def go() -> None:
        plane.client.delete(PROMETHEUSES.path(namespace, seen["metadata"]["name"]))
        assert not prometheuses.changed(PROMETHEUS, seen, deleted=True)

    api.meanwhile = go
    assert await prometheuses.visible() == []


async def test_another_status_in_the_middle_of_a_read_is_none_to_repeat_it_for(
    api: Overtaken, prometheuses: Prometheuses, seen: Object
) -> None:
    def again() -> None:
        assert not prometheuses.changed(PROMETHEUS, seen, deleted=False)

    api.meanwhile = again
    assert names(await prometheuses.visible()) == ["seen"]
    assert api.lists == len(PROMETHEUS_KINDS)


@pytest.mark.usefixtures("tidy")
async def test_what_has_been_decided_is_decided_again_whenever_one_comes(
    plane: Plane, namespace: str, prometheuses: Prometheuses
) -> None:
    assert names(await prometheuses.visible()) == []
    prometheuses.forget()
    assert prometheuses.changed(PROMETHEUS, make(plane, namespace, "late"), deleted=False)


async def test_what_is_known_is_no_news_and_what_is_not_is_read(
    plane: Plane, namespace: str, prometheuses: Prometheuses, seen: Object
) -> None:
    assert names(await prometheuses.visible()) == ["seen"]
    assert not prometheuses.changed(PROMETHEUS, seen, deleted=False)
    assert prometheuses.changed(PROMETHEUS, make(plane, namespace, "late"), deleted=False)
    assert names(await prometheuses.visible()) == ["late", "seen"]


def make(plane: Plane, namespace: str, name: str) -> Object:
    manifest = {"apiVersion": PROMETHEUSES.api_version, "kind": "Prometheus", "metadata": {"name": name}, "spec": {}}
    return plane.client.create(PROMETHEUSES.path(namespace), manifest)


def names(found: Any) -> list[str]:
    return sorted(each["metadata"]["name"] for each in found)
