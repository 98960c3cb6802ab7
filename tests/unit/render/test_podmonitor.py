"""The PodMonitor: whom it selects."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given

from rayscope.model.manifest import Manifest
from rayscope.render.podmonitor import selector
from tests.unit.render.strategies import Situation, cluster, service, situations, unhurried


def selected(clusters: Sequence[Manifest], expected: Sequence[str]) -> list[str]:
    [expression] = selector(service(expected=expected), clusters)["matchExpressions"]
    assert (expression["key"], expression["operator"]) == ("ray.io/cluster", "In")
    values: list[str] = expression["values"]
    return values


def test_clusters_that_live_and_those_that_are_about_to_are_selected_once_and_in_order() -> None:
    live = [cluster("llm-z"), cluster("llm-b")]
    assert selected(live, ["llm-b", "llm-c"]) == ["llm-b", "llm-c", "llm-z"]


def test_a_cluster_that_the_status_no_longer_names_is_selected_as_long_as_it_lives() -> None:
    assert selected([cluster("llm-old")], ["llm-new"]) == ["llm-new", "llm-old"]


def test_a_service_without_clusters_is_selected_by_the_label_that_its_pods_will_have() -> None:
    assert selector(service("llm"), []) == {"matchLabels": {"rayscope.dev/service": "llm"}}


@unhurried
@given(situations())
def test_no_service_ever_selects_every_pod_of_its_namespace(situation: Situation) -> None:
    subject, clusters, *_ = situation
    found = selector(subject, clusters)
    assert found.get("matchLabels") or all(expression["values"] for expression in found["matchExpressions"])
