"""Label selectors select as Kubernetes' own do."""

from typing import Any

import pytest

from rayscope.model.selector import invalid, selects, written

LABELS = {"app": "vllm", "team": "ml"}


def requirement(operator: str, *values: str, key: str = "app") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, **({"values": list(values)} if values else {})}]}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({}, True),
        ({"matchLabels": None}, True),
        ({"matchLabels": {"app": "vllm"}}, True),
        ({"matchLabels": {"app": "vllm", "tier": "x"}}, False),
        (requirement("In", "vllm", "other"), True),
        (requirement("In", "other"), False),
        (requirement("In", "vllm", key="absent"), False),
        (requirement("NotIn", "vllm"), False),
        (requirement("NotIn", "vllm", key="absent"), True),
        (requirement("Exists"), True),
        (requirement("Exists", key="absent"), False),
        (requirement("DoesNotExist", key="absent"), True),
        (requirement("DoesNotExist"), False),
        ({"matchLabels": {"team": "ml"}, **requirement("In", "other")}, False),
    ],
)
def test_every_requirement_of_a_selector_must_hold(selector: dict[str, Any], *, selected: bool) -> None:
    assert selects(selector, LABELS) is selected


def test_an_operator_that_kubernetes_does_not_know_is_no_silent_match() -> None:
    with pytest.raises(ValueError, match="Like"):
        selects(requirement("Like", "v"), LABELS)


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"matchLabels": {"example.com/team": "ml"}}, None),
        ({"matchLabels": {"team": ""}}, None),
        (requirement("NotIn", "vllm"), None),
        (requirement("in", "vllm"), "'in' is no operator"),
        (requirement("In"), "In needs values"),
        (requirement("Exists", "vllm"), "Exists takes no values"),
        (requirement("Exists", key="-team"), "'-team' is no label"),
        ({"matchLabels": {"a..b/x": "ml"}}, "'a..b/x' is no label"),
        ({"matchLabels": {"team\n": "ml"}}, "'team\\n' is no label"),
        ({"matchLabels": {f"{'a' * 254}/x": "ml"}}, f"'{'a' * 254}/x' is no label"),
        ({"matchLabels": {"team": "ml\n"}}, "'ml\\n' is no value of a label"),
        ({"matchLabels": {"team": "a b"}}, "'a b' is no value of a label"),
        ({"matchLabels": {"team": "x" * 64}}, f"'{'x' * 64}' is no value of a label"),
    ],
)
def test_what_kubernetes_takes_for_no_selector_is_told(selector: dict[str, Any], told: str | None) -> None:
    assert invalid(selector) == told


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({}, "everything"),
        ({"matchLabels": {"release": "kps"}}, "release=kps"),
        (requirement("In", "a", "b"), "app in (a, b)"),
        (requirement("NotIn", "a"), "app notin (a)"),
        (requirement("Exists"), "app"),
        (requirement("DoesNotExist"), "!app"),
    ],
)
def test_a_selector_is_written_as_kubectl_writes_it(selector: dict[str, Any], text: str) -> None:
    assert written(selector) == text
