"""What a visit reads: a RayService and its RayClusters, live; where many visits are due, of many services at once.

One by one, a thousand services are two thousand requests, and each list waits until the API server has caught up with
all that was written meanwhile. So pages are read ahead of the visits, and serve one visit each. Such a read can do no
more harm than any that is overtaken: what changes after a walk through the pages has begun is an event, which takes
back what was read of the service (`changed`), or leads to one more visit if that was used already.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, KindMissing
from rayscope.kube.kinds import RAY_CLUSTER, RAY_SERVICE
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest
from rayscope.model.names import MONITOR_LABEL, RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, RAY_ORIGIN_NAME_LABEL
from rayscope.model.service import Key
from rayscope.render.children import LONGEST_NAME

PAGE = 50
"""Services in a page: with their clusters some megabytes of memory, and larger pages are no faster."""
MANY = 2 * PAGE
"""Visits that wait, from which on pages are read."""
FEW = PAGE // 2
"""Services read ahead, or visits that wait, below which the next page is read, or is not worth its while."""
PAUSE = 30.0
"""Seconds without a walk after one that failed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A RayService as it was read, with its RayClusters where they were read, too."""

    service: Manifest
    clusters: Sequence[Manifest] | None = None

    def version(self, uid: str) -> str | None:
        """The resourceVersion of one of them; None where it is not among them."""
        every = (self.service, *(self.clusters or ()))
        return next((each["metadata"]["resourceVersion"] for each in every if each["metadata"]["uid"] == uid), None)


class Reading:
    """Reads for the visits of all services."""

    def __init__(self, api: Api, namespaces: Sequence[str], due: Callable[[], Collection[Key]]) -> None:
        """`namespaces`: where to look; none means everywhere. `due`: the services that wait for a visit."""
        self._api = api
        self._places: Sequence[str | None] = namespaces or (None,)
        self._due = due
        self._ahead: dict[Key, Found] = {}
        self._walking = False
        self._told: dict[Key, dict[str, str | None]] = {}
        """What was told since the walk began, and pages may not show: resourceVersion by uid, None where deleted."""
        self._visited: set[Key] = set()
        """Services of which a visit was faster than the walk."""
        self._visit = asyncio.Event()
        self._awaited: set[Key] = set()
        """Services whose visit waits for the page that is on its way."""
        self._arrived = asyncio.Event()
        self._arrived.set()

    def __contains__(self, key: Key) -> bool:
        """Whether it is at hand."""
        return key in self._ahead

    async def service(self, key: Key) -> Found | None:
        """The RayService; None where there is none, or no such kind."""
        found = self._ahead.pop(key, None)
        if not self._due():
            self._ahead.clear()
        self._visit.set()
        if found := found or await self._on_its_way(key):
            return found
        if self._walking:
            self._visited.add(key)
        return await self._live(key)

    async def _on_its_way(self, key: Key) -> Found | None:
        """What the page that is just being read has of the service: to read it by itself would take as long."""
        if self._arrived.is_set():
            return None
        self._awaited.add(key)
        await self._arrived.wait()
        self._awaited.discard(key)
        return self._ahead.pop(key, None)

    async def clusters(self, key: Key, found: Found) -> Sequence[Manifest]:
        """The RayClusters that KubeRay has made for it."""
        if found.clusters is not None:
            return found.clusters
        return (await self._clusters(key.namespace, [key.name])).get(key.name, ())

    def changed(self, key: Key, metadata_of: Manifest, *, deleted: bool) -> None:
        """Take note that a service, or one of its clusters, is now as given."""
        uid = metadata_of["metadata"]["uid"]
        version = None if deleted else metadata_of["metadata"]["resourceVersion"]
        if self._walking:
            self._told.setdefault(key, {})[uid] = version
        if (found := self._ahead.get(key)) and found.version(uid) != version:
            del self._ahead[key]

    async def run(self) -> None:
        """Read ahead while there is a use for it, until cancelled. Where that fails, visits read for themselves."""
        while True:
            await self._next_visit()
            if len(self._due()) < MANY:
                continue
            try:
                for place in self._places:
                    await self._walk(place)
            except ApiError as trouble:
                log.warning("Services are read one by one for now, as many at once cannot be read: %s", trouble)
                await asyncio.sleep(PAUSE)

    async def _walk(self, place: str | None) -> None:
        """The labelled services, page by page. Later pages are of the time of the first one."""
        self._walking, token = True, ""
        try:
            while await self._useful():
                self._arrived.clear()
                page, token = await self._api.page(RAY_SERVICE, place, MONITOR_LABEL, PAGE, token)
                await self._take(page)
                self._arrived.set()
                if not token:
                    break
        finally:
            self._walking = False
            self._arrived.set()
            self._told.clear()
            self._visited.clear()

    async def _useful(self) -> bool:
        """Wait until most of what was read is used; whether there are still enough visits to come."""
        while len(self._due()) >= FEW and len(self._ahead) > FEW:
            await self._next_visit()
        return len(self._due()) >= FEW

    async def _next_visit(self) -> None:
        self._visit.clear()
        await self._visit.wait()

    async def _take(self, services: Iterable[Manifest]) -> None:
        """Have at hand what is waited for of a page, without what was told or visited meanwhile."""
        awaited: dict[str, dict[str, Manifest]] = defaultdict(dict)
        for each in services:
            namespace, name = each["metadata"]["namespace"], each["metadata"]["name"]
            if self._wanted(Key(namespace, name)):
                awaited[namespace][name] = each
        for namespace, named in awaited.items():
            clusters = await self._clusters(namespace, named)
            for name, service in named.items():
                key, found = Key(namespace, name), Found(service, clusters.get(name, ()))
                if self._wanted(key) and self._current(key, found):
                    self._ahead[key] = found

    def _wanted(self, key: Key) -> bool:
        return (key in self._due() or key in self._awaited) and key not in self._visited

    def _current(self, key: Key, found: Found) -> bool:
        return all(found.version(uid) == version for uid, version in self._told.get(key, {}).items())

    async def _live(self, key: Key) -> Found | None:
        try:
            service = await self._api.get(RAY_SERVICE, key.name, key.namespace)
        except KindMissing:
            return None
        return Found(service) if service else None

    async def _clusters(self, namespace: str, services: Iterable[str]) -> Mapping[str, Sequence[Manifest]]:
        """RayClusters by the name of the service. No label holds a longer name, so nothing is found by it."""
        found: dict[str, list[Manifest]] = defaultdict(list)
        if names := ",".join(name for name in services if len(name) <= LONGEST_NAME):
            origin = f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND},{RAY_ORIGIN_NAME_LABEL} in ({names})"
            for cluster in await self._api.list(RAY_CLUSTER, namespace, origin):
                found[service_name(cluster) or ""].append(cluster)
        return found
