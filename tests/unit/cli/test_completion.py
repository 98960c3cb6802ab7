"""Completion for shells, and the same commands as a kubectl plugin."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rayscope.cli import COMMANDS
from tests.unit.cli.files import call

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def script(name: str, *arguments: str) -> str:
    """What an installed script of ours prints."""
    module, _, function = tomllib.loads(PYPROJECT.read_text())["project"]["scripts"][name].partition(":")
    program = f"import sys; sys.argv[0] = {name!r}; from {module} import {function}; {function}()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_of_its_own(shell: str) -> None:
    told = call("completion", shell)
    assert told.status == 0
    assert f"_RAYSCOPE_COMPLETE={shell}_complete" in told.output


def test_another_shell_is_refused() -> None:
    assert call("completion", "tcsh").status == 2


def test_bash_accepts_its_script() -> None:
    subprocess.run(["bash", "-n"], input=call("completion", "bash").output, text=True, check=True)


def test_the_plugin_calls_itself_as_kubectl_does() -> None:
    assert script("kubectl-rayscope", "doctor", "--help").startswith("Usage: kubectl rayscope doctor [OPTIONS] SERVICE")


def test_kubectl_is_told_candidates_and_that_files_are_none() -> None:
    *candidates, directive = script("kubectl_complete-rayscope", "").splitlines()
    assert [candidate.split("\t")[0] for candidate in candidates] == list(COMMANDS)
    assert directive == ":4"
    assert "--wait\t" in script("kubectl_complete-rayscope", "rollout", "--w")
