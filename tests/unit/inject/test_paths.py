"""Two paths overlap if one mount could hide files of the other."""

from __future__ import annotations

import pytest

from rayscope.inject.paths import overlap, same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/a", "/a/"),
        ("/a/b", "/a"),
        ("/", "/a"),
        ("a", "/a"),
        ("//a", "/a"),
        ("/a/../b", "/b/c"),
        ("/var/run/x", "/run/x/y"),
        ("/var", "/var/run/x"),
        ("/run", "/var/run/x"),
    ],
)
def test_paths_that_overlap(one: str, other: str) -> None:
    assert overlap(one, other)
    assert overlap(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("/a", "/ab"), ("/a/b", "/a/c"), ("/run/x", "/var/x"), ("/var/runs", "/runs")]
)
def test_paths_that_do_not(one: str, other: str) -> None:
    assert not overlap(one, other)
    assert not overlap(other, one)


def test_one_path_written_in_two_ways_is_the_same() -> None:
    assert same("/var/run/x/", "/run/x")
    assert not same("/run/x", "/run")
