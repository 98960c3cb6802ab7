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
    """For one of the services at least."""
    found: dict[str, bool] = {}
    for selector in looked_at(played):
        anybodys = re.sub(r'rayservice="[^"]*"', 'rayservice="..."', selector)
        found[anybodys] = found.get(anybodys) or bool(played.prometheus.over_time(selector))
    assert found
    assert [selector for selector, there in found.items() if not there] == []


def test_every_rule_can_be_evaluated(played: Stage) -> None:
    assert [(rule["name"], rule["lastError"]) for rule in played.prometheus.rules() if rule.get("lastError")] == []


def looked_at(played: Stage) -> Iterator[str]:
    """The series that alerts ask for, as Prometheus itself has read them."""
    for rule in played.prometheus.rules():
        if rule["type"] == "alerting":
            yield from SELECTOR.findall(rule["query"])
