"""How many VLLMMonitors say what, as a metric: for an alert where the rules of a service itself cannot tell.

By condition and status only, so that the series are a handful, however many services there are.
"""

from __future__ import annotations

from rayscope.control import figures
from rayscope.model.service import Key
from rayscope.model.status import MonitorStatus


class Census:
    """What each of them said last."""

    def __init__(self) -> None:
        self._said: dict[Key, tuple[tuple[str, str], ...]] = {}

    def take(self, key: Key, status: MonitorStatus) -> None:
        """Count one, by what it says now."""
        self.forget(key)
        self._said[key] = tuple((condition.type, condition.status) for condition in status.conditions)
        for said in self._said[key]:
            figures.conditions.labels(*said).inc()

    def forget(self, key: Key) -> None:
        """It is gone."""
        for said in self._said.pop(key, ()):
            figures.conditions.labels(*said).dec()
