"""Relabelling of a service's targets and samples, as Prometheus Operator's RelabelConfig has it.

What Prometheus Operator would object to (pkg/prometheus/validation, ValidateRelabelConfig) is refused: it leaves out
the whole monitor for it, and says so where no owner of a service looks.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from rayscope.model.schema import Spec, rules

Action = Literal[
    "replace",
    "keep",
    "drop",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
    "keepequal",
    "dropequal",
    "Replace",
    "Keep",
    "Drop",
    "HashMod",
    "LabelMap",
    "LabelDrop",
    "LabelKeep",
    "Lowercase",
    "Uppercase",
    "KeepEqual",
    "DropEqual",
]
ACTION = "(has(self.action) ? self.action.lowerAscii() : 'replace')"


def unless(actions: str, demand: str) -> str:
    """A CEL rule: for one of these actions (a CEL list), the demand holds."""
    return f"!({ACTION} in {actions}) || {demand}"


def none_of(*fields: str) -> str:
    """A CEL demand: none of these fields is given."""
    return f"!({' || '.join(f'has(self.{field})' for field in fields)})"


class Relabeling(Spec):
    """One step of relabelling, as Prometheus Operator's RelabelConfig has it."""

    source_labels: tuple[str, ...] | None = None
    """Labels whose values are joined."""
    separator: str | None = None
    """Between the joined values."""
    target_label: str | None = Field(default=None, min_length=1)
    """The label that is written."""
    regex: str | None = Field(default=None, max_length=4096)
    """Matched against the joined values."""
    modulus: int | None = Field(default=None, ge=1)
    """For hashmod."""
    replacement: str | None = None
    """What is written where the expression matches."""
    action: Action | None = None
    """What is done; `replace` where it is absent."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                unless(
                    "['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']",
                    "has(self.targetLabel)",
                ),
                "this action needs a targetLabel",
            ),
            (unless("['hashmod']", "has(self.modulus)"), "hashmod needs a modulus"),
            (
                unless(
                    "['labeldrop', 'labelkeep']",
                    none_of("sourceLabels", "separator", "targetLabel", "modulus", "replacement"),
                ),
                "labeldrop and labelkeep take a regex and nothing else",
            ),
            (
                unless("['keepequal', 'dropequal']", none_of("separator", "regex", "modulus", "replacement")),
                "keepequal and dropequal take sourceLabels and targetLabel and nothing else",
            ),
            (unless("['lowercase', 'uppercase']", none_of("replacement")), "this action takes no replacement"),
            # What cannot be read as an expression is an error in CEL, and an error is a refusal.
            ("!has(self.regex) || ''.matches(self.regex) in [true, false]", "regex must be an expression of RE2"),
        )
    )
