"""docs/gitops.md: its commands run, and say what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.unit.cli.files import call
from tests.unit.manifests.texts import SERVICE

DOCUMENT = (Path(__file__).parents[3] / "docs" / "gitops.md").read_text()
LINES = [line.partition(" # ")[0] for line in re.findall(r"^\$ (.*)", DOCUMENT, re.MULTILINE)]
COMMANDS = [part.strip() for line in LINES for part in line.split("|") if part.strip().startswith("rayscope ")]


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy").mkdir()
    service = SERVICE.replace("  name: llm\n", "  name: llm\n  namespace: serving\n", 1)
    for file in ("service.yaml", "deploy/llm.yaml"):
        (tmp_path / file).write_text(service)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_runs(command: str) -> None:
    called = call(*shlex.split(command)[1:], given=SERVICE)
    assert called.status == ("--check" in command)


def test_the_report_of_the_page_is_the_report() -> None:
    assert call("inject", "-i", "--report", "deploy/").output in DOCUMENT


def test_what_is_written_anew_is_as_long_as_the_page_says() -> None:
    added = call("inject", "-", given=SERVICE).output.count("\n") - SERVICE.count("\n")
    assert 100 <= added / 2 <= 120
