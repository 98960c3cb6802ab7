"""What is known of labelled services after a list, while a watch goes on."""

import pytest

from rayscope.control.resync import merged
from rayscope.model.service import Key

ONE, TWO = Key("serving", "one"), Key("serving", "two")


@pytest.mark.parametrize(
    ("listed", "before", "now", "known"),
    [
        ({ONE}, set(), set(), {ONE}),
        (set(), {ONE}, {ONE}, set()),
        ({ONE}, {ONE}, {ONE, TWO}, {ONE, TWO}),
        ({ONE, TWO}, {ONE, TWO}, {ONE}, {ONE}),
        ({ONE, TWO}, set(), {TWO}, {ONE, TWO}),
    ],
    ids=["learned", "missed by the watch", "labelled meanwhile", "unlabelled meanwhile", "told by both"],
)
def test_a_list_counts_but_for_what_the_watch_has_told_since(
    listed: set[Key], before: set[Key], now: set[Key], known: set[Key]
) -> None:
    assert merged(listed, before, now) == known
