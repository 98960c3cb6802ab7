"""Tasks in their turn."""

from __future__ import annotations

import time

from rayscope.exporter.http.schedule import Schedule, Task


def test_a_task_is_due_at_its_time_and_then_a_pause_after_its_end() -> None:
    runs: list[str] = []
    schedule = Schedule(
        Task(lambda: runs.append("often"), 1.0), Task(lambda: runs.append("later"), 1.0, due=float("inf"))
    )
    began = time.monotonic()
    assert schedule.next_due() == 0.0
    schedule.run_due(began)
    assert runs == ["often"]
    assert schedule.next_due() >= began + 1.0
    schedule.run_due(began + 0.5)
    assert runs == ["often"]
    schedule.run_due(schedule.next_due())
    assert runs == ["often", "often"]


def test_without_tasks_nothing_is_ever_due() -> None:
    assert Schedule().next_due() == float("inf")
