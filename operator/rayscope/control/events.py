"""Notices posted as Events on the RayService, each once.

An Event's name is made of what it says, so that a restart, or another replica, does not say it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

from rayscope.control import figures
from rayscope.control.notices import Notice
from rayscope.control.queue import WorkQueue
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Conflict, NotFound, Terminating
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGER, RAY_API_VERSION, RAY_ORIGIN_KIND
from rayscope.model.service import Key, Service

PATIENCE = 5.0
"""Seconds that an event waits for quieter times: in those that never end, it is at least told slowly."""

log = logging.getLogger(__name__)


class Events:
    """Posts what was not posted yet, in its own time: the children of a thousand services are more urgent."""

    def __init__(self, api: Api, reporter: str, leisure: Callable[[], Awaitable[None]]) -> None:
        """`reporter`: this replica's identity; `leisure` returns when there is nothing more urgent to do."""
        self._api = api
        self._reporter = reporter
        self._leisure = leisure
        self._queue: WorkQueue[Key] = WorkQueue(self._post, workers=1)
        self._current: dict[Key, tuple[Service, dict[str, Notice]]] = {}
        self._posted: dict[Key, set[str]] = {}

    def tell(self, service: Service, notices: Iterable[Notice]) -> None:
        """Have the notices posted that are new; what no longer holds may be told again when it holds again."""
        named = {event_name(service, notice): notice for notice in notices}
        if named.keys() != self._posted.get(service.key, set()):
            self._current[service.key] = service, named
            self._queue.add(service.key)

    def forget(self, service: Key) -> None:
        self._current.pop(service, None)
        self._posted.pop(service, None)

    async def run(self) -> None:
        """Post until cancelled."""
        await self._queue.run()

    async def _post(self, key: Key) -> None:
        told = self._current.get(key)
        if told is None:
            return
        service, named = told
        posted = self._posted.setdefault(key, set())
        posted &= named.keys()
        for name in named.keys() - posted:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leisure(), PATIENCE)
            await self._create(service, name, named[name])
            posted.add(name)
        if self._current.get(key) is told:
            del self._current[key]

    async def _create(self, service: Service, name: str, notice: Notice) -> None:
        try:
            await self._api.create(event(service, name, notice, self._reporter, datetime.now(UTC)))
        except (Conflict, NotFound, Terminating):
            return  # told before, or nobody is left to tell
        except ApiError as trouble:
            log.warning("%s: the event %s is not posted yet: %s", service.key, notice.reason, trouble)
            raise
        figures.events.labels(notice.reason).inc()
        log.info("%s: %s: %s", service.key, notice.reason, notice.message)


def event_name(service: Service, notice: Notice) -> str:
    content = f"{service.uid} {notice.reason} {notice.message}"
    return f"{service.key.name}.{hashlib.blake2b(content.encode(), digest_size=8).hexdigest()}"


def event(service: Service, name: str, notice: Notice, reporter: str, now: datetime) -> Manifest:
    """An Event (core/v1), about the RayService."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": service.key.namespace},
        "involvedObject": {
            "apiVersion": RAY_API_VERSION,
            "kind": RAY_ORIGIN_KIND,
            "namespace": service.key.namespace,
            "name": service.key.name,
            "uid": service.uid,
        },
        "type": notice.type,
        "reason": notice.reason,
        "message": notice.message[:1024],
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": reporter,
    }
