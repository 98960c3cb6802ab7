"""The statuses of all VLLMMonitors: from what visits and pods tell, written where it changed, and else never.

In its own time: the children of a thousand services are more urgent, and a service that settles is news many times.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from rayscope.control import figures
from rayscope.control.account import account, denial
from rayscope.control.asking import Asking
from rayscope.control.census import Census
from rayscope.control.facts import Denial, Facts
from rayscope.control.monitors import Monitor, Monitors
from rayscope.control.pods import Pod, pods
from rayscope.control.queue import WorkQueue
from rayscope.control.records import Record
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Conflict, KindMissing, NotFound, Terminating
from rayscope.kube.kinds import VLLM_MONITOR
from rayscope.model.manifest import Manifest
from rayscope.model.rules import Edges, common
from rayscope.model.service import Key, Service
from rayscope.model.status import MonitorStatus

SETTLING = 1.0
"""Seconds in which more news is waited for."""
PATIENCE = 5.0
"""Seconds that a look waits for quieter times."""
WORKERS = 4

log = logging.getLogger(__name__)


class Statuses:
    """Keeps every VLLMMonitor's status true, and makes the VLLMMonitors that are missing."""

    def __init__(
        self, api: Api, monitors: Monitors, leisure: Callable[[], Awaitable[None]], visit: Callable[[Key], None]
    ) -> None:
        """`leisure` returns when there is nothing more urgent to do. `visit`: its rules depend on what pods said."""
        self._api = api
        self._leisure = leisure
        self._visit = visit
        self._monitors = monitors
        self._asking = Asking()
        self._queue: WorkQueue[Key] = WorkQueue(self._look, workers=WORKERS)
        self._records: dict[Key, Record] = {}
        self._census = Census()
        self._owners: dict[tuple[str, str], Key] = {}
        """By namespace and name of a RayCluster: whose it is."""
        self._settling: dict[Key, asyncio.TimerHandle] = {}
        self._returning: dict[Key, asyncio.TimerHandle] = {}
        """To pods that have not told all yet."""

    async def run(self) -> None:
        """Look and write until cancelled."""
        try:
            async with self._asking:
                await self._queue.run()
        finally:
            for timer in (*self._settling.values(), *self._returning.values()):
                timer.cancel()

    def tell(self, told: Facts | Denial, service: Service | None = None) -> None:
        """Take note of what a visit has found. `service`: it has no VLLMMonitor, so one is to be made for it."""
        key, record = told.key, self._records.get(told.key)
        if record and isinstance(told, Facts) and told.monitor is None and key in self._monitors:
            told = replace(told, monitor=record.monitor)  # made since that visit began, and not deleted since
        before = record.clusters if record else frozenset[str]()
        if record is None:
            record = self._records[key] = Record(told, service)
        else:
            record.take(told, service)
        self._index(key, before, record.clusters)
        self._later(key)

    def edges(self, key: Key, monitor: Monitor | None) -> Edges:
        """The bucket edges that a service's pods have reported; as `monitor` has them, where nobody was asked yet."""
        if record := self._records.get(key):
            return common(record.rounds.seen.edges.values())
        return monitor.status.edges.edges if monitor and monitor.status and monitor.status.edges else {}

    def forget(self, key: Key) -> None:
        """There is nothing to tell of it any more."""
        self._census.forget(key)
        self._return(key, None)
        if record := self._records.pop(key, None):
            self._index(key, record.clusters, ())

    def pod_changed(self, namespace: str, cluster: str) -> None:
        """One of a cluster's pods has come, changed or gone."""
        key = self._owners.get((namespace, cluster))
        if key and (record := self._records.get(key)):
            record.stale = True
            self._later(key)

    def doubt(self) -> None:
        """Take nothing for known: the visits to come tell all anew, and the pods are read and asked again."""
        for record in self._records.values():
            record.doubt()

    def _index(self, key: Key, before: Iterable[str], now: Iterable[str]) -> None:
        for name in before:
            self._owners.pop((key.namespace, name), None)
        self._owners |= {(key.namespace, name): key for name in now}

    def _later(self, key: Key) -> None:
        if key not in self._settling:
            self._settling[key] = asyncio.get_running_loop().call_later(SETTLING, self._now, key)

    def _now(self, key: Key) -> None:
        del self._settling[key]
        self._queue.add(key)

    def _return(self, key: Key, seconds: float | None) -> None:
        """Look again after so many seconds, if no news comes before; None: only then."""
        if timer := self._returning.pop(key, None):
            timer.cancel()
        if seconds is not None:
            self._returning[key] = asyncio.get_running_loop().call_later(seconds, self._queue.add, key)

    async def _look(self, key: Key) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._leisure(), PATIENCE)
        record = self._records.get(key)
        if record is None:
            return
        try:
            if monitor := record.monitor or await self._made(key, record):
                status = await self._status(record, monitor)
                if self._records.get(key) is record:  # not forgotten meanwhile
                    self._census.take(key, status)
                    self._return(key, record.rounds.pause)
                await self._write(key, monitor, record, status)
        except (Terminating, NotFound, Conflict, KindMissing):
            return  # it is gone, or another one has its name, and the watch tells
        except ApiError as failure:
            log.warning("%s: the status is not written, to be tried again: %s", key, failure)
            raise
        except Exception:
            log.exception("%s: the status is not written, by a fault of ours; to be tried again.", key)
            raise

    async def _made(self, key: Key, record: Record) -> Monitor | None:
        if record.service is None or key in self._monitors:
            return None  # made meanwhile, or just deleted: either is an event, and a visit
        monitor = await self._monitors.make(record.service)
        if monitor:
            record.made(monitor)
        return monitor

    async def _status(self, record: Record, monitor: Monitor) -> MonitorStatus:
        told, now = record.told, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if isinstance(told, Denial):
            return denial(told, record.written, now)
        found = await self._pods(told.key, record) if record.stale else record.rounds.seen.pods
        before = self.edges(told.key, monitor)
        seen = await record.rounds.look(found, record.clusters, self._asking, measured=told.slos is not None)
        if told.slos and self.edges(told.key, monitor) != before:
            self._visit(told.key)
        return account(told, seen, monitor.generation, record.written, now)

    async def _pods(self, key: Key, record: Record) -> tuple[Pod, ...]:
        record.stale = False  # as of now: what comes while they are read is news
        try:
            return await pods(self._api, key.namespace, record.clusters)
        except ApiError:
            record.stale = True
            raise

    async def _write(self, key: Key, monitor: Monitor, record: Record, status: MonitorStatus) -> None:
        if status == record.written:
            return
        await self._api.apply(_manifest(key, monitor, status), status=True)
        record.written = status
        figures.writes.labels(VLLM_MONITOR.kind, "status").inc()


def _manifest(key: Key, monitor: Monitor, status: MonitorStatus) -> Manifest:
    return {
        "apiVersion": VLLM_MONITOR.api_version,
        "kind": VLLM_MONITOR.kind,
        "metadata": {"name": key.name, "namespace": key.namespace, "uid": monitor.uid},
        "status": status.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
