"""The table of reasons is what is told, what is documented, and what `Ready` is made of."""

from pathlib import Path

import pytest

from rayscope.model.conditions import (
    ALL_INJECTED,
    DISABLED,
    MONITORS_APPLIED,
    NO_PROMETHEUS_VISIBLE,
    NOT_SELECTED,
    REASONS,
    RESTART_REQUIRED,
    UNREACHABLE,
    Reason,
    Type,
    conditions,
    ready,
    verdict,
)
from rayscope.model.selection import Reason as Selection

DOCUMENT = Path(__file__).parents[3] / "docs" / "conditions.md"
PLACE = "llm -n ml"


def documented() -> list[tuple[str, ...]]:
    """The rows of the table: condition, status, reason, meaning, step."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows[1:]]


def row(reason: Reason) -> tuple[str, ...]:
    step = reason.step.replace("{place}", "NAME -n NAMESPACE") or "–"
    return (reason.type, reason.status, f"`{reason.word}`", reason.meaning, step)


def test_the_document_has_every_reason_as_it_is() -> None:
    assert documented() == [row(reason) for reason in REASONS]


def test_a_reason_is_one_word_and_told_once_of_a_condition() -> None:
    assert all(reason.word.isalpha() for reason in REASONS)
    assert len({(reason.type, reason.word) for reason in REASONS}) == len(REASONS)


def test_what_is_not_true_and_stands_in_the_way_has_a_next_step() -> None:
    assert [reason.word for reason in REASONS if reason.status != "True" and reason.stands and not reason.step] == []


def test_a_selection_says_nothing_that_the_table_lacks() -> None:
    table = {(reason.word, reason.status) for reason in REASONS if reason.type is Type.SELECTED}
    assert {word for word, _ in table} == {str(reason) for reason in Selection}


def test_a_step_names_the_service() -> None:
    assert "`rayscope rollout llm -n ml`" in verdict(RESTART_REQUIRED, PLACE).message


@pytest.mark.parametrize(
    ("reasons", "status", "word"),
    [
        ((ALL_INJECTED, MONITORS_APPLIED), "True", "Ready"),
        ((UNREACHABLE, NOT_SELECTED, RESTART_REQUIRED), "False", "NotSelected"),
        ((ALL_INJECTED, UNREACHABLE), "Unknown", "Unreachable"),
        ((DISABLED, NO_PROMETHEUS_VISIBLE), "True", "Ready"),
    ],
    ids=["all hold", "the first False wins", "an Unknown is none", "what does not stand in the way"],
)
def test_ready_is_the_first_that_does_not_hold(reasons: tuple[Reason, ...], status: str, word: str) -> None:
    told = ready([verdict(reason, PLACE) for reason in reasons], PLACE)
    assert (told.type, told.status, told.reason) == (Type.READY, status, word)


def test_a_time_lasts_as_long_as_the_status() -> None:
    first = tuple(conditions([verdict(RESTART_REQUIRED, PLACE)], (), 1, "2026-01-01T00:00:00Z"))
    (same,) = conditions([verdict(DISABLED, PLACE)], first, 2, "2026-01-02T00:00:00Z")
    (other,) = conditions([verdict(ALL_INJECTED, PLACE)], first, 2, "2026-01-02T00:00:00Z")
    assert (same.last_transition_time, same.reason) == ("2026-01-01T00:00:00Z", "Disabled")
    assert other.last_transition_time == "2026-01-02T00:00:00Z"
