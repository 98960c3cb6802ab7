"""Rules as text: a rule file for Prometheus itself, in which long expressions keep their lines."""

from __future__ import annotations

from rayscope.model.manifest import Manifest
from rayscope.render.text import text


def rule_file(groups: list[Manifest]) -> str:
    """What `promtool check rules` reads, and what is the `spec` of a PrometheusRule."""
    return text({"groups": groups})
