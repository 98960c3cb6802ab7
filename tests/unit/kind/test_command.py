"""A program that fails says so, with what it said."""

import sys

import pytest

from tests.kind.command import CommandError, pipe, run, succeeds


def test_what_a_program_prints_is_returned() -> None:
    assert run("cat", stdin="in and out") == "in and out"


def test_a_failure_holds_the_command_and_what_it_said() -> None:
    with pytest.raises(CommandError, match=r"(?s)sh -c .*: exit status 3.*so it goes"):
        run("sh", "-c", "echo so it goes >&2; exit 3")


def test_a_pipe_returns_what_its_end_prints() -> None:
    assert pipe(["echo", "through"], ["cat"]) == "through\n"


def test_a_pipe_fails_with_its_beginning() -> None:
    with pytest.raises(CommandError, match="exit status 4"):
        pipe(["sh", "-c", "exit 4"], ["cat"])


def test_a_program_that_is_not_there_does_not_succeed() -> None:
    assert not succeeds("rayscope-no-such-program")
    assert succeeds(sys.executable, "-c", "pass")
