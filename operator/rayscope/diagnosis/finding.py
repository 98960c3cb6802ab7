"""What a step has found: one of five states, the evidence, and the next command where there is something to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "problem", "waiting", "unknown", "skipped"]
"""`waiting` will pass by itself; `unknown` may not be seen by this caller; `skipped` means nothing for this service."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one step."""

    state: State
    evidence: str
    next: str | None = None


def ok(evidence: str) -> Finding:
    return Finding("ok", evidence)


def problem(evidence: str, following: str) -> Finding:
    return Finding("problem", evidence, following)


def waiting(evidence: str, following: str | None = None) -> Finding:
    return Finding("waiting", evidence, following)


def unknown(evidence: str, following: str | None = None) -> Finding:
    return Finding("unknown", evidence, following)


def skipped(evidence: str) -> Finding:
    return Finding("skipped", evidence)
