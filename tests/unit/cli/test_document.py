"""docs/cli.md is what the commands say of themselves."""

import re
from pathlib import Path

import pytest

from rayscope.cli import COMMANDS
from rayscope.cli.document import document

DOCUMENT = Path(__file__).parents[3] / "docs" / "cli.md"


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text() == document(), "run `make generate`"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command: str) -> None:
    assert re.search(rf"\n## {command}( \w+)?\n\n```\nrayscope {command} ", document())
