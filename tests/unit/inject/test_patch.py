"""Additions create the parents that are missing, and say how they were missing."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest

from rayscope.inject.patch import END, Additions, missing_parents, pointer, value_at


def after(root: dict[str, Any], *additions: tuple[tuple[str | int, ...], str, object]) -> tuple[object, dict[str, str]]:
    """The root after the additions, and what they created."""
    builder = Additions("", root)
    for place, key, value in additions:
        builder.add(place, key, value)
    return jsonpatch.apply_patch(root, builder.operations), dict(builder.created)


def test_a_list_that_is_there_is_appended_to() -> None:
    assert after({"env": [1]}, (("env",), END, 2)) == ({"env": [1, 2]}, {})


def test_an_object_that_is_there_gets_a_key() -> None:
    assert after({"labels": {"a": "b"}}, (("labels",), "c/d", "e")) == ({"labels": {"a": "b", "c/d": "e"}}, {})


def test_an_absent_list_is_created() -> None:
    assert after({}, (("env",), END, 1)) == ({"env": [1]}, {"env": "absent"})


def test_a_null_list_is_created_where_it_was() -> None:
    result, created = after({"env": None, "name": "ray"}, (("env",), END, 1))
    assert list(result.items()) == [("env", [1]), ("name", "ray")]  # type: ignore[attr-defined]
    assert created == {"env": "null"}


@pytest.mark.parametrize(("root", "was"), [({}, "absent"), ({"metadata": None}, "null")])
def test_several_missing_parents_are_created_at_once(root: dict[str, Any], was: str) -> None:
    result, created = after(root, (("metadata", "labels"), "a", "b"))
    assert result == {"metadata": {"labels": {"a": "b"}}}
    assert created == {"metadata": was, "metadata/labels": "absent"}


def test_what_one_addition_creates_is_there_for_the_next() -> None:
    result, created = after({}, (("a", "x"), END, 1), (("a", "x"), END, 2), (("a", "y"), END, 3))
    assert result == {"a": {"x": [1, 2], "y": [3]}}
    assert created == {"a": "absent", "a/x": "absent", "a/y": "absent"}


def test_pointers_are_escaped() -> None:
    assert pointer("/metadata", "annotations", "rayscope.dev/a~b") == "/metadata/annotations/rayscope.dev~1a~0b"


def test_a_way_that_ends_early_leads_to_nothing() -> None:
    assert value_at({"a": None}, ("a", "b")) is None
    assert value_at({"a": []}, ("a", 0, "b")) is None
    assert missing_parents({"a": [{"b": []}]}, ("a", 0, "b")) == {}
