"""Waiting for a condition, with a generous limit: what tests do instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.25


def eventually(condition: Callable[[], T], message: str, limit: float = 60.0) -> T:
    """The first truthy value of CONDITION; AssertionError with MESSAGE and the last value if LIMIT seconds bring none.

    An exception from CONDITION is not waited out: a condition that is "not there yet" says so by its value.
    """
    deadline = time.monotonic() + limit
    pause = FIRST_PAUSE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{message}: not within {limit:g} s; last seen: {value!r}")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    return value
