"""The command line: it teaches, and it refuses what makes no sense before anything starts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from rayscope import __version__
from rayscope.cli import COMMANDS, main


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_help_names_every_command_and_the_label() -> None:
    status, output = run("--help")
    assert status == 0
    assert all(command in output for command in COMMANDS)
    assert "rayscope.dev/monitor=vllm" in output


@pytest.mark.parametrize("option", ["--dev-address", "--watch-namespace", "--monitor-labels", "--cert-dir", "--drain"])
def test_the_operators_help_explains_its_options(option: str) -> None:
    assert option in run("operator", "--help")[1]


def test_version_tells_what_a_bug_report_needs() -> None:
    status, output = run("version")
    assert status == 0
    lines = dict(line.split(" ", 1) for line in output.splitlines())
    assert lines["rayscope"] == __version__
    assert {"exporter", "python", "kopf", "kubernetes"} <= lines.keys()


def test_an_unknown_command_is_refused() -> None:
    assert run("scope")[0] == 2


@pytest.mark.parametrize("labels", ["release", "=prometheus", "a b=c"])
def test_monitor_labels_are_pairs(labels: str) -> None:
    status, output = run("operator", f"--monitor-labels={labels}")
    assert status == 2
    assert "is not KEY=VALUE" in output


def test_the_exporter_starts_without_the_operators_libraries() -> None:
    code = "import sys, rayscope.cli.exporter; print({'kopf', 'kubernetes', 'aiohttp'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "set()"


def test_an_operator_without_a_cluster_says_why_it_ends_and_fails() -> None:
    environment = {"KUBECONFIG": "/nonexistent/kubeconfig", "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", "from rayscope.cli import main; main()", "operator"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "Rayscope ends: " in ended.stderr
    assert "Traceback" not in ended.stderr
