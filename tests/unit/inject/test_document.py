"""docs/injection.md decides every case, and names a test for each: both must exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from rayscope.inject.report import Obstacle

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "injection.md").read_text()
REASONS = {*get_args(Obstacle), "Injected", "AlreadyInjected", "NotInjected"}


def test_every_test_that_is_named_exists() -> None:
    source = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    assert len(named) > 50
    assert named <= defined


def test_every_reason_is_explained_and_no_other() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", DOCUMENT.split("## Reasons")[1], re.MULTILINE)
    assert sorted(explained) == sorted(REASONS)


def test_every_reason_has_a_case() -> None:
    cases = DOCUMENT.split("## Every case")[1].split("## Reasons")[0]
    assert set(re.findall(r"`(\w+)`", cases)) >= REASONS
