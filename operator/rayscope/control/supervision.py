"""Parts of a process that run for ever, side by side: whichever ends, ends all.

A part that died unnoticed would be an operator that looks alive and does half of its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, NoReturn


class EndedError(Exception):
    """A part that should run for ever has ended without an error."""


async def together(parts: Mapping[str, Coroutine[Any, Any, None]]) -> NoReturn:
    """Run the parts (begun in their order) until one ends, or until cancelled; raises what ended it."""
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    first = next(task for task in tasks if task in ended)
    first.result()
    raise EndedError(f"{first.get_name()} has ended by itself")
