"""What is written is read by Kubernetes as what was meant."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rayscope.manifests.style import Indentation
from rayscope.manifests.writing import entry_lines, item_lines, scalar

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    [
        "yes",
        "n",
        "1e3",
        "0x1f",
        "a\nb\n",
        "a\nb",
        "\n",
        " a\nb\n",
        "a: b",
        "#",
        "- a",
        "'",
        '"',
        "null",
        "12:30",
        "a\n\nb\n",
    ]
)
values = st.recursive(
    words | st.booleans() | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner.filter(lambda item: not isinstance(item, list)), max_size=3)
        | st.dictionaries(words.filter(lambda key: "\n" not in key), inner, max_size=3)
    ),
    max_leaves=8,
)
styles = st.builds(Indentation, st.sampled_from([2, 4]), st.sampled_from([0, 2, 4]), st.sampled_from([2, 4]))


@settings(max_examples=100, deadline=None)
@given(values, styles, st.integers(0, 4))
def test_a_value_is_read_as_it_was(value: Any, style: Indentation, column: int) -> None:
    assert yaml.safe_load("\n".join(entry_lines("key", value, column, style)) + "\n") == {"key": value}
    if not isinstance(value, list):
        assert yaml.safe_load("\n".join(item_lines(value, column, style)) + "\n") == [value]


@pytest.mark.parametrize(
    "text", ["y", "N", "1e3", "-1.5E10", "0o17", "0b1", "yes", "null", "9475", "12:30", "2024-01-01"]
)
def test_what_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert scalar(text) == f"'{text}'"


@pytest.mark.parametrize("text", ["10m", "256Mi", "/var/run", "rayproject/ray:2.52.0", "--port", "vllm"])
def test_what_nobody_mistakes_is_not_quoted(text: str) -> None:
    assert scalar(text) == text
