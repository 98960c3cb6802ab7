"""Waiting ends with the first truthy value, or says what it saw last."""

from collections.abc import Iterator

import pytest

from tests.plane.waiting import eventually


def test_the_first_truthy_value_is_returned() -> None:
    values: Iterator[object] = iter([None, 0, [], "there"])
    assert eventually(lambda: next(values), "it is there") == "there"


def test_a_condition_that_is_not_met_in_time_is_told_with_its_last_value() -> None:
    with pytest.raises(AssertionError, match=r"two pods: not within 0 s; last seen: \[\]"):
        eventually(list, "two pods", limit=0)


def test_an_exception_is_not_waited_out() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 // 0, "never")
