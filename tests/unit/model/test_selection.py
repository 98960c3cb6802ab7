"""Whether a Prometheus takes the monitors, which labels would help, and what the owner is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rayscope.model.manifest import Manifest
from rayscope.model.selection import Ambiguous, Reason, detected_labels, selection

NAMESPACE = {"kubernetes.io/metadata.name": "serving", "team": "ml"}


def monitor(kind: str = "PodMonitor", **labels: str) -> Manifest:
    own = {"app.kubernetes.io/managed-by": "rayscope"}
    return {"kind": kind, "metadata": {"name": "llm-rayscope", "namespace": "serving", "labels": {**own, **labels}}}


def prometheus(
    selector: Any, namespaces: Any = None, *, name: str = "main", kind: str = "Prometheus", of: str = "podMonitor"
) -> Manifest:
    """Looks everywhere unless told otherwise."""
    spec = {f"{of}Selector": selector, f"{of}NamespaceSelector": {} if namespaces is None else namespaces}
    return {"kind": kind, "metadata": {"name": name, "namespace": "monitoring"}, "spec": spec}


def wants(name: str = "main", **labels: str) -> Manifest:
    return prometheus({"matchLabels": labels}, name=name)


def detected(*prometheuses: Manifest, of: Manifest | None = None) -> Any:
    return detected_labels(prometheuses, [of or monitor()], NAMESPACE)


def verdict(*prometheuses: Manifest, of: Manifest | None = None) -> tuple[str, Reason, str]:
    found = selection(prometheuses, [of or monitor()], NAMESPACE)
    return found.status, found.reason, found.message


def test_the_labels_of_the_one_prometheus_are_found() -> None:
    assert detected(wants(release="kps")) == {"release": "kps"}


def test_an_agent_is_as_good_as_a_prometheus() -> None:
    assert detected(prometheus({"matchLabels": {"release": "kps"}}, kind="PrometheusAgent")) == {"release": "kps"}


def test_two_that_want_the_same_are_one_choice() -> None:
    assert detected(wants("a", release="kps"), wants("b", release="kps")) == {"release": "kps"}


@pytest.mark.parametrize(
    "expressions",
    [
        [{"key": "release", "operator": "In", "values": ["kps"]}],
        [
            {"key": "release", "operator": "In", "values": ["kps"]},
            {"key": "internal", "operator": "DoesNotExist"},
            {"key": "tier", "operator": "NotIn", "values": ["dev"]},
            {"key": "app.kubernetes.io/managed-by", "operator": "Exists"},
        ],
    ],
)
def test_an_expression_with_one_value_is_a_label_too(expressions: Any) -> None:
    assert detected(prometheus({"matchExpressions": expressions})) == {"release": "kps"}


@pytest.mark.parametrize(
    "selector",
    [
        None,
        {"matchExpressions": [{"key": "release", "operator": "In", "values": ["a", "b"]}]},
        {"matchExpressions": [{"key": "release", "operator": "Exists"}]},
        {"matchLabels": {"app.kubernetes.io/managed-by": "helm"}},
        {
            "matchLabels": {"release": "kps"},
            "matchExpressions": [{"key": "release", "operator": "NotIn", "values": ["kps"]}],
        },
    ],
)
def test_no_label_is_guessed(selector: Any) -> None:
    assert detected(prometheus(selector)) == {}
    assert verdict(prometheus(selector))[:2] == ("False", Reason.NOT_SELECTED)


def test_nothing_is_added_to_what_is_taken_already() -> None:
    assert detected(prometheus({}, name="open"), wants(release="kps")) == {}


def test_what_is_configured_is_never_contradicted() -> None:
    assert detected(wants("a", release="a"), wants("b", release="b"), of=monitor(release="b")) == {}
    assert detected(wants(release="kps"), of=monitor(release="other")) == {}


def test_what_is_configured_can_decide_between_several() -> None:
    found = detected(wants("a", release="a", tier="x"), wants("b", release="b", tier="y"), of=monitor(release="b"))
    assert found == {"tier": "y"}


def test_a_prometheus_that_looks_elsewhere_has_no_say() -> None:
    elsewhere = prometheus({"matchLabels": {"release": "web"}}, {"matchLabels": {"team": "web"}}, name="web")
    assert detected(elsewhere, wants(release="kps")) == {"release": "kps"}
    assert detected(elsewhere) == {}


def test_several_choices_are_left_to_the_owner() -> None:
    found = detected(wants("a", release="a"), wants("b", release="b"))
    assert isinstance(found, Ambiguous)
    assert "Prometheus monitoring/a wants release=a; Prometheus monitoring/b wants release=b" in str(found)


def test_a_choice_between_different_keys_is_one_too() -> None:
    assert isinstance(detected(wants("a", release="a"), wants("b", team="b")), Ambiguous)


def test_each_kind_of_monitor_has_its_own_selectors() -> None:
    both = [monitor(), monitor("ServiceMonitor")]
    pods, services = wants(release="kps"), prometheus({"matchLabels": {"team": "ml"}}, of="serviceMonitor")
    assert detected_labels([pods], both, NAMESPACE) == {"release": "kps"}
    assert detected_labels([services], both, NAMESPACE) == {"team": "ml"}


names = st.sampled_from(["release", "team", "tier"])
pairs = st.dictionaries(names, st.sampled_from(["a", "b"]), max_size=3)


@given(st.lists(pairs, min_size=1, max_size=4), pairs)
def test_a_monitor_with_the_detected_labels_is_taken_or_nobody_could_take_it(
    demands: list[dict[str, str]], configured: dict[str, str]
) -> None:
    prometheuses = [wants(f"p{number}", **labels) for number, labels in enumerate(demands)]
    found = detected(*prometheuses, of=monitor(**configured))
    if isinstance(found, Ambiguous):
        return
    status, _, _ = verdict(*prometheuses, of=monitor(**configured, **found))
    possible = any(configured.items() | labels.items() == {**configured, **labels}.items() for labels in demands)
    assert status == ("True" if possible else "False")


def test_who_takes_it_is_named() -> None:
    taken = verdict(wants(release="kps"), of=monitor(release="kps"))
    assert taken == ("True", Reason.SELECTED, "Taken by Prometheus monitoring/main.")


def test_without_a_prometheus_nothing_is_known() -> None:
    status, reason, told = verdict()
    assert (status, reason) == ("Unknown", Reason.NO_PROMETHEUS_VISIBLE)
    assert "VictoriaMetrics" in told


def test_who_wants_what_is_told_with_the_label_that_would_do() -> None:
    status, reason, told = verdict(wants(release="kps"), of=monitor(release="other"))
    assert (status, reason) == ("False", Reason.NOT_SELECTED)
    assert "PodMonitor llm-rayscope" in told
    assert "Prometheus monitoring/main: it takes monitors with release=kps only" in told
    assert 'Set spec.scrape.labels: {release: "kps"}' in told


def test_where_no_label_would_do_the_prometheus_is_to_be_looked_at() -> None:
    *_, told = verdict(prometheus({}, {"matchLabels": {"team": "web"}}, kind="PrometheusAgent"))
    assert "it looks in namespaces with team=web only" in told
    assert "kubectl edit prometheusagent main -n monitoring" in told


def test_several_choices_are_told_as_such() -> None:
    status, reason, told = verdict(wants("a", release="a"), wants("b", release="b"))
    assert (status, reason) == ("False", Reason.AMBIGUOUS_SELECTORS)
    assert 'Choose one of them. Set spec.scrape.labels: {release: "a"}' in told


def test_every_monitor_must_be_taken() -> None:
    both = [monitor(release="kps"), monitor("ServiceMonitor", release="kps")]
    found = selection([wants(release="kps")], both, NAMESPACE)
    assert found.reason is Reason.NOT_SELECTED
    assert "No Prometheus takes ServiceMonitor" in found.message


def test_a_fleet_is_not_listed_in_full() -> None:
    *_, told = verdict(*(wants(f"p{number}", release="x") for number in range(5)), of=monitor(release="y"))
    assert "and 2 more" in told
    assert "p4" not in told
