"""A recorded series: its name says what it holds, per which labels, and how it was summed up."""

from __future__ import annotations

from dataclasses import dataclass, field

from rayscope.model.manifest import Manifest


@dataclass(frozen=True)
class Recorded:
    """A recording rule."""

    name: str
    """`level:what:how`, as Prometheus' documentation advises."""
    expression: str
    labels: Manifest = field(default_factory=dict)
    """Added to what the expression leaves."""

    @property
    def rule(self) -> Manifest:
        return {
            "record": self.name,
            "expr": self.expression,
            **({"labels": dict(self.labels)} if self.labels else {}),
        }


def group(name: str, rules: list[Manifest]) -> Manifest:
    """A group: its rules are evaluated one after another, so a rule may use what stands above it."""
    return {"name": name, "rules": rules}
