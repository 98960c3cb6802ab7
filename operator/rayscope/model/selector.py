"""Kubernetes' label selectors: whether one selects an object by its labels (LabelSelector, meta/v1).

An empty selector selects everything. What an absent one means is up to the field that lacks it, so it is asked there.
"""

from __future__ import annotations

from collections.abc import Mapping

from rayscope.model.manifest import Manifest, mapping, sequence


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
            raise ValueError(f"a selector's operator {unknown!r} is none that the API server lets in")


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
