"""The queue's promises: once at a time, never lost, later and later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from rayscope.control.queue import WorkQueue

LIMIT = 10.0


@asynccontextmanager
async def running(queue: WorkQueue[str]) -> AsyncIterator[None]:
    task = asyncio.create_task(queue.run())
    try:
        async with asyncio.timeout(LIMIT):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Visits:
    """Visits that stay open until they are let go, and that remember how many were open at once."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.open: dict[str, int] = {}
        self.most = 0
        self.changed = asyncio.Condition()
        self.gate = asyncio.Event()

    async def __call__(self, key: str) -> None:
        self.open[key] = self.open.get(key, 0) + 1
        self.most = max(self.most, self.open[key])
        async with self.changed:
            self.seen.append(key)
            self.changed.notify_all()
        await self.gate.wait()
        self.open[key] -= 1

    async def until(self, count: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.seen) >= count)


def failing(times: int, then: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
    left = times

    async def visit(key: str) -> None:
        nonlocal left
        if left:
            left -= 1
            raise RuntimeError(key)
        await then(key)

    return visit


async def test_every_key_is_visited_in_the_order_in_which_it_came() -> None:
    visits = Visits()
    visits.gate.set()
    queue = WorkQueue(visits, workers=1)
    for key in "abcde":
        queue.add(key)
    async with running(queue):
        await visits.until(5)
    assert visits.seen == list("abcde")


async def test_many_events_for_a_waiting_key_are_one_visit() -> None:
    visits = Visits()
    visits.gate.set()
    queue = WorkQueue(visits)
    for key in ["a"] * 10 + ["b"]:
        queue.add(key)
    assert len(queue) == 2
    async with running(queue):
        await visits.until(2)
    assert sorted(visits.seen) == ["a", "b"]


async def test_events_during_a_visit_lead_to_exactly_one_more_and_never_to_two_at_once() -> None:
    visits = Visits()
    queue = WorkQueue(visits)
    queue.add("a")
    async with running(queue):
        await visits.until(1)
        for _ in range(10):
            queue.add("a")
        assert visits.seen == ["a"]
        visits.gate.set()
        await visits.until(2)
        queue.add("b")
        await visits.until(3)
    assert visits.seen == ["a", "a", "b"]
    assert visits.most == 1


async def test_keys_are_visited_side_by_side_up_to_the_number_of_workers() -> None:
    visits = Visits()
    queue = WorkQueue(visits, workers=3)
    for key in "abcd":
        queue.add(key)
    async with running(queue):
        await visits.until(3)
        assert len(queue) == 1
        visits.gate.set()
        await visits.until(4)


async def test_a_failing_key_comes_back_until_it_succeeds() -> None:
    visits = Visits()
    visits.gate.set()
    queue = WorkQueue(failing(5, visits), first_delay=0.001)
    queue.add("a")
    async with running(queue):
        await visits.until(1)
    assert visits.seen == ["a"]


async def test_a_failing_key_does_not_keep_the_others_waiting() -> None:
    visits = Visits()
    visits.gate.set()
    queue = WorkQueue(failing(1, visits), workers=1, first_delay=1000.0)
    queue.add("bad")
    queue.add("good")
    async with running(queue):
        await visits.until(1)
    assert visits.seen == ["good"]


async def test_an_event_brings_a_failed_key_back_before_its_time() -> None:
    visits = Visits()
    visits.gate.set()
    queue = WorkQueue(failing(1, visits), workers=1, first_delay=1000.0)
    queue.add("a")
    queue.add("b")
    async with running(queue):
        await visits.until(1)
        queue.add("a")
        await visits.until(2)
    assert visits.seen == ["b", "a"]


async def test_an_idle_queue_is_not_stalled_and_a_stuck_one_is() -> None:
    visits = Visits()
    queue = WorkQueue(visits)
    async with running(queue):
        assert queue.stalled == 0.0
        queue.add("a")
        await visits.until(1)
        assert queue.stalled > 0.0


async def test_a_queue_is_idle_when_nothing_waits_and_nothing_is_being_visited() -> None:
    visits = Visits()
    queue = WorkQueue(visits, workers=1)
    queue.add("a")
    queue.add("b")
    idle = asyncio.create_task(queue.idle())
    async with running(queue):
        await visits.until(1)
        assert not idle.done()
        visits.gate.set()
        await idle
    assert visits.seen == ["a", "b"]


async def test_what_is_visited_is_not_waiting_any_more() -> None:
    visits = Visits()
    queue = WorkQueue(visits, workers=1)
    queue.add("first")
    queue.add("second")
    async with running(queue):
        await visits.until(1)
        assert set(queue.waiting) == {"second"}
