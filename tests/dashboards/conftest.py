"""The stage is set once: what is looked at afterwards does not change it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboards.stage import Stage, rule_files, stage


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """After a known load."""
    directory: Path = tmp_path_factory.mktemp("prometheus")
    with stage(directory, rule_files()) as after:
        yield after
