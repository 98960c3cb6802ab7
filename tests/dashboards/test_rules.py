"""No rule without data: what a rule records is there, and what an alert looks at exists.

An alert's expression is empty while all is well, so each series that it asks for is asked for by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tests.dashboards.stage import Stage

NO_GPU = "no GPU here: the rules' own tests have fixtures, with their units"
NEVER: Mapping[str, str] = {
    "rayscope_pod:gpu_memory_used_bytes:sum": NO_GPU,
    "rayscope_pod:gpu_memory_total_bytes:sum": NO_GPU,
}
"""Series that are not there, and why."""
SELECTOR = re.compile(r"[a-zA-Z_:][\w:]*\{[^}]*\}")


def test_what_is_recorded_is_there(played: Stage) -> None:
    recorded = {rule["name"] for rule in played.prometheus.rules() if rule["type"] == "recording"}
    empty = {name for name in recorded if not played.prometheus.over_time(name)}
    assert recorded
    assert empty == NEVER.keys() & recorded


def test_what_alerts_look_at_is_there(played: Stage) -> None:
    asked = {selector: name for name, selector in looked_at(played)}
    assert asked
    assert {selector: name for selector, name in asked.items() if not played.prometheus.over_time(selector)} == {}


def test_every_rule_can_be_evaluated(played: Stage) -> None:
    assert [(rule["name"], rule["lastError"]) for rule in played.prometheus.rules() if rule.get("lastError")] == []


def looked_at(played: Stage) -> Iterator[tuple[str, str]]:
    """Alerts with the series that they ask for, as Prometheus itself has read them."""
    for rule in played.prometheus.rules():
        if rule["type"] == "alerting":
            for selector in SELECTOR.findall(rule["query"]):
                yield rule["name"], selector
