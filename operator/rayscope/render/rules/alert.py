"""An alert: what an engineer is told, how soon, and where it is written what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from rayscope.model.manifest import Manifest

RUNBOOKS = "https://github.com/rayscope/rayscope/blob/main/docs/runbooks"

Severity = Literal["critical", "warning"]
"""`critical`: users suffer now, wake somebody. `warning`: look at it in working hours."""


@dataclass(frozen=True)
class Alert:
    """An alerting rule."""

    name: str
    severity: Severity
    expression: str
    hold: str
    """How long it must be the case (`for`)."""
    summary: str
    """One line, for a pager."""
    description: str
    """What is the case, with the labels and the value, and the first thing to look at."""
    labels: Manifest = field(default_factory=dict)
    """Besides the severity."""

    @property
    def rule(self) -> Manifest:
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.hold,
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOKS}/{self.name}.md",
            },
        }
