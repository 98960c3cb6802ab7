"""docs/permissions.md has every right that the chart gives, and no other, with a reason for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.chart import ROOT, Object, Rendered, render

LINES = (ROOT / "docs" / "permissions.md").read_text().splitlines()
Right = tuple[str, ...]


def rows(columns: int) -> Iterator[list[str]]:
    for line in LINES:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns and not set(cells[0]) <= {"-"}:
            yield cells


def told() -> dict[Right, str]:
    """(where, group, resource, name, verb) of each row, with the reason."""
    return {
        (where, "" if group == "core" else group, resource, name, verb): why
        for where, group, resource, name, verbs, why in rows(6)
        if where != "where"
        for verb in verbs.split(", ")
    }


def rights(role: Object, where: str) -> Iterator[Right]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    yield from ((where, group, resource, name, verb) for verb in rule["verbs"])


def given(rendered: Rendered) -> set[Right]:
    """What the default installation may do; what belongs to no namespace is of the cluster."""
    whole = {
        (
            "cluster" if right[2] in {"customresourcedefinitions", "mutatingwebhookconfigurations"} else right[0],
            *right[1:],
        )
        for right in rights(rendered.the("ClusterRole"), "everywhere")
    }
    return whole | set(rights(rendered.the("Role"), "own"))


def test_the_table_is_what_the_chart_gives() -> None:
    assert set(told()) == given(render())


def test_every_right_has_a_reason() -> None:
    assert all(told().values())


def test_in_some_namespaces_it_is_the_same_without_the_cluster() -> None:
    rendered = render({"watchNamespaces": ["serving"]})
    some = set(rights(rendered.the("Role", "rayscope-services"), "everywhere"))
    assert some == {right for right in told() if right[0] == "everywhere"}


@pytest.mark.parametrize("role", ["view", "edit"])
def test_what_people_may_do_is_told_too(role: str) -> None:
    table = {
        (role, group, resource, "", verb)
        for who, group, resource, verbs in rows(4)
        if who == role
        for verb in verbs.split(", ")
    }
    assert table == set(rights(render().the("ClusterRole", f"rayscope-{role}"), role))


def test_nothing_is_given_as_a_whole() -> None:
    every: list[Any] = [
        rule for kind in ("ClusterRole", "Role") for role in render().all(kind) for rule in role["rules"]
    ]
    assert all("*" not in rule[part] for rule in every for part in ("apiGroups", "resources", "verbs"))
