"""What has to be done again and again: a task, and the pause between its runs.

Tasks run in the server's own thread, between requests: nothing needs a lock, and a slow task delays its own next run.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable


@dataclass
class Task:
    """`run` is due at `due`, and again `pause` seconds after it has ended."""

    run: Callable[[], None]
    pause: float
    due: float = 0.0


class Schedule:
    """Tasks by due time."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = tasks

    def next_due(self) -> float:
        """When the next task is due, in time.monotonic()'s seconds; infinity without tasks."""
        return min((task.due for task in self._tasks), default=float("inf"))

    def run_due(self, now: float) -> None:
        """Run what is due."""
        for task in self._tasks:
            if task.due <= now:
                task.run()
                task.due = time.monotonic() + task.pause
