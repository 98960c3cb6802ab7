"""Whatever ends, ends all."""

from __future__ import annotations

import asyncio

import pytest

from rayscope.control.supervision import EndedError, together


async def for_ever(ended: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(name)


async def failing() -> None:
    raise RuntimeError("mine")


async def ending() -> None:
    pass


async def test_a_part_that_fails_ends_the_others_and_is_told() -> None:
    ended: list[str] = []
    with pytest.raises(RuntimeError, match="mine"):
        await together({"a": for_ever(ended, "a"), "b": failing(), "c": for_ever(ended, "c")})
    assert sorted(ended) == ["a", "c"]


async def test_a_part_that_just_ends_is_a_failure_too() -> None:
    with pytest.raises(EndedError, match="the watch"):
        await together({"the watch": ending(), "b": for_ever([], "b")})


async def test_a_cancellation_reaches_every_part() -> None:
    ended: list[str] = []
    task = asyncio.create_task(together({"a": for_ever(ended, "a"), "b": for_ever(ended, "b")}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == ["a", "b"]
