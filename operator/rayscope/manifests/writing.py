"""Plain data as lines of YAML, indented as its new neighbours are, and quoted for YAML 1.1, which Kubernetes reads."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from rayscope.manifests.style import Indentation

_MISREAD = re.compile(r"[yYnN]|[-+]?[\d.]+[eE][-+]?\d+|0[oxb].*")
"""Text to PyYAML, but a truth value or a number to Kubernetes' reader."""


def entry_lines(key: str, value: Any, column: int, style: Indentation) -> list[str]:  # noqa: ANN401 - JSON
    """`key: value` in a block mapping whose keys are at `column`."""
    name = " " * column + scalar(key) + ":"
    if isinstance(value, dict) and value:
        return [name, *mapping_lines(value, column + style.mapping, style)]
    if isinstance(value, list) and value:
        return [name, *sequence_lines(value, column + style.sequence, style)]
    first, *rest = scalar_lines(value, column + style.mapping)
    return [f"{name} {first}", *rest]


def mapping_lines(value: dict[str, Any], column: int, style: Indentation) -> list[str]:
    return [line for key, item in value.items() for line in entry_lines(key, item, column, style)]


def sequence_lines(value: list[Any], column: int, style: Indentation) -> list[str]:
    return [line for item in value for line in item_lines(item, column, style)]


def item_lines(item: Any, column: int, style: Indentation) -> list[str]:  # noqa: ANN401 - JSON
    """An item of a block sequence whose dashes are at `column`."""
    inner = column + style.item
    if isinstance(item, dict) and item:
        first, *rest = mapping_lines(item, inner, style)
    else:
        first, *rest = scalar_lines(item, inner)
    return [" " * column + "-".ljust(style.item) + first.lstrip(), *rest]


def scalar_lines(value: Any, column: int) -> list[str]:  # noqa: ANN401 - JSON
    """Anything but a block collection; text of several lines as a literal, with its lines at `column`."""
    if isinstance(value, str) and re.fullmatch(r"\S[^\n\r\t]*\n(?:[^\n\r\t]+\n)+", value):
        return ["|", *(" " * column + line for line in value.splitlines())]
    return [flow(value)]


def flow(value: Any) -> str:  # noqa: ANN401 - JSON
    """On one line."""
    if isinstance(value, str):
        return scalar(value)
    written: str = yaml.safe_dump(value, default_flow_style=True, width=math.inf, sort_keys=False, allow_unicode=True)
    return written.removesuffix("...\n").rstrip("\n")


def scalar(text: str) -> str:
    """Text, quoted where it must be."""
    style = "'" if _MISREAD.fullmatch(text) else None
    written: str = yaml.safe_dump(text, default_style=style, width=math.inf, allow_unicode=True)
    return written.removesuffix("...\n").rstrip("\n")
