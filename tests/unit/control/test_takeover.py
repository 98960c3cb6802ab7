"""What a manager has created and what it applies are one, once taken over: only then does an apply remove it."""

from __future__ import annotations

from typing import Any

from rayscope.control.takeover import taken_over

NAME: dict[str, Any] = {"f:metadata": {"f:name": {}}}
LABELS: dict[str, Any] = {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}


def entry(operation: str, fields: dict[str, Any], manager: str = "rayscope", **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_what_was_created_is_as_if_it_had_been_applied() -> None:
    assert taken_over([entry("Update", LABELS), entry("Apply", NAME)]) == [
        entry("Apply", {"f:metadata": {"f:name": {}, "f:labels": {".": {}, "f:a": {}}}})
    ]


def test_what_others_own_stays_theirs() -> None:
    others = [entry("Update", LABELS, "kubectl"), entry("Apply", LABELS, "flux")]
    assert taken_over([*others, entry("Update", NAME), entry("Apply", NAME)]) == [*others, entry("Apply", NAME)]


def test_a_subresource_is_owned_by_itself() -> None:
    entries = [entry("Update", LABELS, subresource="status"), entry("Apply", NAME)]
    assert taken_over(entries) == entries


def test_what_was_only_ever_applied_is_left_as_it_is() -> None:
    assert taken_over([entry("Apply", NAME)]) == [entry("Apply", NAME)]
