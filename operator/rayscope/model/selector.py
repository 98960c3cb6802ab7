"""Kubernetes' label selectors: whether one selects an object by its labels (LabelSelector, meta/v1).

An empty selector selects everything. What an absent one means is up to the field that lacks it, so it is asked there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.monitor import LABEL_NAME, LABEL_VALUE

LONGEST_VALUE, LONGEST_PREFIX = 63, 253
OPERATORS = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}
"""Each with whether it takes values."""


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether `selector` selects an object with these labels: every requirement holds."""
    wanted = mapping(selector, "matchLabels")
    return wanted.items() <= labels.items() and all(
        _holds(requirement, labels) for requirement in sequence(selector, "matchExpressions")
    )


def _holds(requirement: Manifest, labels: Mapping[str, str]) -> bool:
    key, values = requirement["key"], sequence(requirement, "values")
    match requirement["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case unknown:
            raise ValueError(f"{unknown!r} is no operator of a selector")


def invalid(selector: Manifest) -> str | None:
    """Why Kubernetes takes it for no selector (metav1.LabelSelectorAsSelector), or None.

    To be asked of what is in a custom resource: its definition lets in any operator, and labels that nothing can have.
    """
    pairs = mapping(selector, "matchLabels").items()
    requirements = [{"key": key, "operator": "In", "values": [value]} for key, value in pairs]
    return next(_wrong([*requirements, *sequence(selector, "matchExpressions")]), None)


def _wrong(requirements: list[Manifest]) -> Iterator[str]:
    for requirement in requirements:
        key, operator, values = requirement["key"], requirement["operator"], sequence(requirement, "values")
        if operator not in OPERATORS:
            yield f"{operator!r} is no operator"
        elif OPERATORS[operator] != bool(values):
            yield f"{operator} {'needs' if OPERATORS[operator] else 'takes no'} values"
        if not _is_name(key):
            yield f"{key!r} is no label"
        yield from (f"{value!r} is no value of a label" for value in values if not _is_value(value))


def _is_name(text: str) -> bool:
    return len(text.rpartition("/")[0]) <= LONGEST_PREFIX and bool(re.fullmatch(LABEL_NAME, text))


def _is_value(text: str) -> bool:
    return len(text) <= LONGEST_VALUE and bool(re.fullmatch(LABEL_VALUE, text))


def written(selector: Manifest) -> str:
    """A selector as people read it, in kubectl's notation."""
    pairs = [f"{key}={value}" for key, value in mapping(selector, "matchLabels").items()]
    return ", ".join([*pairs, *map(_written, sequence(selector, "matchExpressions"))]) or "everything"


def _written(requirement: Manifest) -> str:
    key, values = requirement["key"], ", ".join(sequence(requirement, "values"))
    match requirement["operator"]:
        case "Exists":
            return f"{key}"
        case "DoesNotExist":
            return f"!{key}"
        case operator:
            return f"{key} {operator.lower()} ({values})"
