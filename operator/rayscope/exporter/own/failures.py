"""What went wrong in the exporter itself. It costs one read or one task, never the program, and is never unseen."""

from __future__ import annotations

from collections import Counter
from typing import Callable, Optional, Tuple, TypeVar

from rayscope.exporter.journal import say, say_failure

MEMORY, MISTAKE = "memory", "mistake"
REASONS = (MEMORY, MISTAKE)
"""Our memory limit, or a mistake of ours."""

T = TypeVar("T")


class Failures:
    """`counts`: failures by what was being done, and why it failed."""

    def __init__(self) -> None:
        self.counts: Counter[Tuple[str, str]] = Counter()

    def attempt(self, during: str, step: Callable[[], T]) -> Tuple[Optional[T], str]:
        """The result of `step`, and why there is none. When this returns, a failed step's memory is free again."""
        try:
            return step(), ""
        except MemoryError:
            reason = MEMORY
        except Exception as error:  # noqa: BLE001 - counted, written down, and tried again
            say_failure(error)
            reason = MISTAKE
        self.counts[during, reason] += 1
        say(f"{during} has failed: {reason}")
        return None, reason
