"""The rules of the installation, the same for all services: what is recorded, and the alerts on Rayscope itself.

`python -m rayscope.render.rules.installation` prints them as a plain rule file; the chart nests it in a PrometheusRule.
"""

from __future__ import annotations

from collections.abc import Iterable

from rayscope.model.manifest import Manifest
from rayscope.render.rules import surroundings, vocabulary
from rayscope.render.rules.operators import operator_alerts
from rayscope.render.rules.recorded import Recorded, group


def recorded() -> Iterable[Recorded]:
    """Every series that the installation's rules record, in the order of their evaluation."""
    for rules in (vocabulary.latency, vocabulary.load, vocabulary.throughput, surroundings.gpus, surroundings.serve):
        yield from rules()


def installation_groups() -> list[Manifest]:
    """Groups of recording rules, which are evaluated beside one another, and one of alerts."""
    return [
        _group("rayscope.latency", vocabulary.latency()),
        _group("rayscope.load", vocabulary.load()),
        _group("rayscope.throughput", vocabulary.throughput()),
        _group("rayscope.gpus", surroundings.gpus()),
        _group("rayscope.serve", surroundings.serve()),
        group("rayscope.alerts", [alert.rule for alert in operator_alerts()]),
    ]


def _group(name: str, rules: Iterable[Recorded]) -> Manifest:
    return group(name, [each.rule for each in rules])


if __name__ == "__main__":
    import sys

    from rayscope.render.rules.text import rule_file

    sys.stdout.write("# Made by `make generate` from operator/rayscope/render/rules: edit that.\n")
    sys.stdout.write(rule_file(installation_groups()))
