"""Keys to visit: each at most once at a time, never lost, and the failing ones later and later.

An event is only a reason to look again, so any number of them for one key are one visit; one that comes while the key
is being visited leads to one more.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Hashable, KeysView
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

WORKERS = 8
FIRST_DELAY = 0.5
LONGEST_DELAY = 300.0


class WorkQueue(Generic[K]):
    """`visit` is called for every key that was added; whatever it raises makes the key come back later."""

    def __init__(
        self,
        visit: Callable[[K], Awaitable[None]],
        *,
        workers: int = WORKERS,
        first_delay: float = FIRST_DELAY,
        longest_delay: float = LONGEST_DELAY,
    ) -> None:
        self._visit = visit
        self._workers = workers
        self._first_delay = first_delay
        self._longest_delay = longest_delay
        self._waiting: dict[K, None] = {}
        """In the order in which they were added."""
        self._busy: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._added = asyncio.Semaphore(0)
        """One permit for each waiting key."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._progress = time.monotonic()

    def __len__(self) -> int:
        """Keys that are waiting; neither those being visited, nor those that failed and are due later."""
        return len(self._waiting)

    @property
    def waiting(self) -> KeysView[K]:
        """The keys that `len` counts, now and later."""
        return self._waiting.keys()

    @property
    def stalled(self) -> float:
        """Seconds since the last visit ended or the first of the keys at hand was added; 0 with nothing to do."""
        return time.monotonic() - self._progress if self._waiting or self._busy else 0.0

    async def idle(self) -> None:
        """Return as soon as no key is waiting or being visited."""
        await self._idle.wait()

    def add(self, key: K) -> None:
        """Have `key` visited as soon as a worker is free; also where it failed and would be due later."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            if not (self._waiting or self._busy):
                self._progress = time.monotonic()
            self._idle.clear()
            self._waiting[key] = None
            self._added.release()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._workers):
                    group.create_task(self._work(), name=f"worker-{number}")
        finally:
            for timer in self._timers.values():
                timer.cancel()

    async def _work(self) -> None:
        while True:
            await self._added.acquire()
            key = next(iter(self._waiting))
            del self._waiting[key]
            self._busy.add(key)
            try:
                await self._visit(key)
            except Exception:  # noqa: BLE001 - told by `visit` itself, which knows what it means; here it is a delay
                self._put_off(key)
            else:
                self._failures.pop(key, None)
                self._cancel_timer(key)
            finally:
                self._finish(key)

    def _finish(self, key: K) -> None:
        self._busy.discard(key)
        self._progress = time.monotonic()
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        if not (self._waiting or self._busy):
            self._idle.set()

    def _put_off(self, key: K) -> None:
        """Twice as long at each failure, and never at the same moment as all the others that failed together."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(self._first_delay * 2 ** min(failures, 30), self._longest_delay)
        jittered = delay * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        self._cancel_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(jittered, self._due, key)

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _cancel_timer(self, key: K) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
