"""Where a test may stop the exporter for good: each step of a change to the directory has a word, told before it."""

from __future__ import annotations

from typing import Callable

Step = Callable[[str], None]
"""Called with a word wherever a kill would leave another state behind, so that tests can kill there."""


def no_step(_word: str) -> None:
    """Outside tests."""
