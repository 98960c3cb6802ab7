"""Failures of our own: counted, written down, and survived."""

from __future__ import annotations

import pytest

from rayscope.exporter.own.failures import MEMORY, MISTAKE, Failures


def divide() -> float:
    return 1 / 0


def test_what_succeeds_is_returned() -> None:
    failures = Failures()
    assert failures.attempt("scrape", lambda: 7) == (7, "")
    assert failures.counts == {}


def test_a_mistake_is_written_down_with_where_it_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    failures = Failures()
    assert failures.attempt("scrape", divide) == (None, MISTAKE)
    assert failures.counts == {("scrape", MISTAKE): 1}
    log = capsys.readouterr().err
    assert "in divide" in log
    assert "ZeroDivisionError: division by zero" in log
    assert all(line.startswith("rayscope-exporter: ") for line in log.splitlines())


def test_a_lack_of_memory_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    failures = Failures()
    assert failures.attempt("fold", lambda: bytes(1 << 62)) == (None, MEMORY)
    assert failures.counts == {("fold", MEMORY): 1}
    assert capsys.readouterr().err == "rayscope-exporter: fold has failed: memory\n"


def test_the_end_of_the_program_is_no_failure() -> None:
    def end() -> None:
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        Failures().attempt("scrape", end)
