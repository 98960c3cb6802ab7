"""VLLMMonitors are counted by what they say, once each, and not any more when they are gone."""

from __future__ import annotations

from prometheus_client import REGISTRY

from rayscope.control.census import Census
from rayscope.model.service import Key
from rayscope.model.status import Condition, MonitorStatus

ONE, OTHER = Key("ml", "one"), Key("ml", "other")


def saying(status: str) -> MonitorStatus:
    condition = {"type": "Selected", "status": status, "reason": "Why", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return MonitorStatus(conditions=(Condition.model_validate(condition),))


def counted(status: str) -> float | None:
    return REGISTRY.get_sample_value("rayscope_monitor_conditions", {"type": "Selected", "status": status})


def test_each_is_counted_by_what_it_says_now() -> None:
    census = Census()
    census.take(ONE, saying("False"))
    census.take(OTHER, saying("False"))
    assert counted("False") == 2
    census.take(ONE, saying("True"))
    assert (counted("False"), counted("True")) == (1, 1)
    census.forget(OTHER)
    census.forget(OTHER)
    assert (counted("False"), counted("True")) == (0, 1)
