"""Every ten minutes or so: everything known is compared with the cluster, in case the watch missed something.

It reads lists (of metadata only) and writes nothing; what differs is visited, as is every labelled service, and every
VLLMMonitor without one.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

from rayscope.control import figures
from rayscope.control.children import Children
from rayscope.control.delivery import Delivery
from rayscope.control.following import Following
from rayscope.control.monitors import Monitors
from rayscope.control.queue import WorkQueue
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, KindMissing
from rayscope.kube.kinds import RAY_SERVICE
from rayscope.model.names import MONITOR_LABEL
from rayscope.model.service import Key

PERIOD = 600.0

log = logging.getLogger(__name__)


def merged(listed: AbstractSet[Key], before: AbstractSet[Key], now: AbstractSet[Key]) -> set[Key]:
    """A list, and what the watch has told while it was read, which is later: from what was known `before`, to `now`."""
    return {*listed, *(now - before)} - (before - now)


class Resync:
    """The comparison, and the labelled services that it and the watch know."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that is compared
        self,
        api: Api,
        namespaces: Sequence[str],
        children: Children,
        monitors: Monitors,
        following: Following,
        queue: WorkQueue[Key],
        delivery: Delivery,
        doubt: Callable[[], None],
    ) -> None:
        """`namespaces`: where to look; none means everywhere. `doubt`: called before everything is visited."""
        self._api = api
        self._places: Sequence[str | None] = namespaces or (None,)
        self._children = children
        self._monitors = monitors
        self._following = following
        self._delivery = delivery
        self._doubt = doubt
        self._queue = queue
        self._services: set[Key] = set()

    def knows(self, key: Key) -> bool:
        """Whether the service is labelled, has children of ours, or a VLLMMonitor that tells of it."""
        return key in self._services or self._children.has(key) or key in self._monitors

    def labelled(self, key: Key) -> None:
        self._services.add(key)
        figures.services.set(len(self._services))

    def unlabelled(self, key: Key) -> None:
        self._services.discard(key)
        figures.services.set(len(self._services))
        self._delivery.doubt(key.namespace)

    def inhabited(self) -> set[str]:
        """The namespaces with services that have the label, whatever it says."""
        return {key.namespace for key in self._services}

    def visit(self, namespace: str) -> None:
        """All labelled services there."""
        self._visit_each(key for key in self._services if key.namespace == namespace)

    def visit_all(self) -> None:
        """In the API server's order, in which they can be read ahead."""
        self._visit_each(sorted({*self._services, *self._children.services(), *self._monitors}, key=str))

    async def run(self) -> None:
        """Compare until cancelled. Not at once: the watch begins with a list of everything."""
        while True:
            await asyncio.sleep(PERIOD * random.uniform(0.9, 1.1))  # noqa: S311 - no secret
            try:
                await self.compare()
            except ApiError as trouble:
                figures.resyncs.labels("failed").inc()
                log.warning("The comparison with the cluster failed, and is due again later: %s", trouble)
            except Exception:
                figures.resyncs.labels("failed").inc()
                log.exception("The comparison with the cluster failed by a fault of ours, and is due again later.")
            else:
                figures.resyncs.labels("done").inc()

    async def learn(self) -> None:
        """Learn what there is, and visit every service, labelled or not: all at once, so that much is read at once."""
        monitors = frozenset(self._monitors)
        await self._monitors.learn(self._places)
        self._visit_each(monitors.difference(self._monitors))  # whose end the watch has missed, while it is known
        await self._following.learn()
        before = frozenset(self._services)
        self._services = merged(await self._listed(), before, self._services)
        self._visit_each(before - self._services)
        figures.services.set(len(self._services))
        self._delivery.doubt()
        self.visit_all()

    async def compare(self) -> None:
        """Take nothing for known, and learn it anew."""
        self._doubt()
        await self.learn()

    def _visit_each(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._queue.add(key)

    async def _listed(self) -> set[Key]:
        """The labelled services."""
        try:
            lists = [
                await self._api.list(RAY_SERVICE, place, MONITOR_LABEL, metadata_only=True) for place in self._places
            ]
        except KindMissing:
            return set()
        return {Key(body["metadata"]["namespace"], body["metadata"]["name"]) for found in lists for body in found}
