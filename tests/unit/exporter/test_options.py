"""The command line: what it means, and what it says to somebody who got it wrong."""

from __future__ import annotations

import pytest

from rayscope import __version__
from rayscope.exporter.options import MERGED, PROCESS, Options, parse

LEAST = ["--dir", "/metrics", "--port", "9475"]


def test_a_directory_and_a_port_are_enough() -> None:
    assert parse(LEAST) == Options("/metrics", 9475, "", ("vllm:", "lmcache:"), PROCESS)


def test_everything_may_be_said() -> None:
    argv = [*LEAST, "--host", "::1", "--families", "vllm:, http_", "--gauges", "merged"]
    assert parse(argv) == Options("/metrics", 9475, "::1", ("vllm:", "http_"), MERGED)


def test_no_prefix_at_all_means_every_family() -> None:
    assert parse([*LEAST, "--families", ""]).families == ()


@pytest.mark.parametrize(
    ("argv", "advice"),
    [
        ([], "--dir"),
        (["--dir", "/metrics"], "--port"),
        (["--dir", "/metrics", "--port", "http"], "a number from 0 to 65535, for example --port 9475"),
        (["--dir", "/metrics", "--port", "65536"], "a number from 0 to 65535"),
        (["--dir", "/metrics", "--port", "-1"], "a number from 0 to 65535"),
        ([*LEAST, "--gauges", "summed"], "choose from"),
        ([*LEAST, "--famlies", "vllm:"], "--famlies"),
        ([*LEAST, "--fam", "vllm:"], "--fam"),
        ([*LEAST, "stray"], "stray"),
    ],
)
def test_a_mistake_ends_with_status_2_and_a_line_that_says_what_to_do(
    argv: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parse(argv)
    assert end.value.code == 2
    assert advice in capsys.readouterr().err


def test_help_teaches_what_is_read_what_is_served_and_what_the_pid_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for word in ("PROMETHEUS_MULTIPROC_DIR=", "/metrics", "/status", "/healthz", "--families", "the label pid", "curl"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"rayscope exporter {__version__}\n"
