"""The table of who is injected, row by row."""

from typing import Any

import pytest

from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.admission import request
from rayscope.webhook.rules import Inject, Reason, decide
from tests.unit.webhook.reviews import LABELS, cluster, encoded, review
from tests.unit.webhook.reviews import injected as injected_cluster

OTHER = Payload(exporter="abcdefabcd", port=9999)
SERVICE = Key("ml", "llm")


def decided(new: Any, old: Any = None, **fields: Any) -> Inject | Reason:
    return decide(request(encoded(review(new, old, **fields))))


def without(label: str) -> dict[str, str]:
    return {key: value for key, value in LABELS.items() if key != label}


def test_a_new_labelled_cluster_of_a_service_is_injected() -> None:
    assert decided(cluster()) == Inject(SERVICE, None)


def test_a_new_cluster_that_is_injected_already_keeps_its_payload() -> None:
    assert decided(injected_cluster(OTHER)) == Inject(SERVICE, OTHER)


def test_an_injected_cluster_stays_injected_with_its_own_payload() -> None:
    assert decided(cluster(workers=2), injected_cluster(OTHER)) == Inject(SERVICE, OTHER)


def test_an_injected_cluster_stays_injected_when_its_label_goes() -> None:
    unlabelled = cluster(without("rayscope.dev/monitor"))
    assert decided(unlabelled, injected_cluster(OTHER)) == Inject(SERVICE, OTHER)


def test_a_cluster_made_without_injection_is_never_touched() -> None:
    assert decided(cluster(workers=2), cluster()) is Reason.NOT_INJECTED_BEFORE


def test_a_label_that_comes_late_does_not_touch_the_cluster() -> None:
    assert decided(cluster(), cluster(without("rayscope.dev/monitor"))) is Reason.NOT_INJECTED_BEFORE


@pytest.mark.parametrize("value", ["false", "VLLM", "", "sglang"])
def test_another_value_of_the_label_is_no_opt_in(value: str) -> None:
    assert decided(cluster({**LABELS, "rayscope.dev/monitor": value})) is Reason.NOT_LABELLED


def test_a_cluster_without_the_label_is_left() -> None:
    assert decided(cluster(without("rayscope.dev/monitor"))) is Reason.NOT_LABELLED


@pytest.mark.parametrize(
    "labels",
    [
        {"rayscope.dev/monitor": "vllm"},
        without("ray.io/originated-from-crd"),
        without("ray.io/originated-from-cr-name"),
        {**LABELS, "ray.io/originated-from-crd": "RayJob"},
    ],
)
def test_a_cluster_made_for_no_service_is_left(labels: dict[str, str]) -> None:
    assert decided(cluster(labels)) is Reason.NO_SERVICE


def test_a_cluster_that_is_being_deleted_is_left() -> None:
    going = cluster(deletionTimestamp="2026-03-01T00:00:00Z")
    assert decided(going) is Reason.DELETING
    assert decided(going, injected_cluster(OTHER)) is Reason.DELETING


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_system_namespaces_are_left(namespace: str) -> None:
    assert decided(cluster(), namespace=namespace) is Reason.SYSTEM_NAMESPACE


@pytest.mark.parametrize(
    ("group", "version", "resource"),
    [
        ("ray.io", "v1", "rayjobs"),
        ("ray.io", "v1alpha1", "rayclusters"),
        ("example.com", "v1", "rayclusters"),
        ("", "v1", "pods"),
    ],
)
def test_other_resources_are_left(group: str, version: str, resource: str) -> None:
    named = {"group": group, "version": version, "resource": resource}
    assert decided(cluster(), resource=named) is Reason.OTHER_RESOURCE


def test_a_clusters_status_is_left() -> None:
    assert decided(cluster(), injected_cluster(OTHER), subResource="status") is Reason.OTHER_RESOURCE


def test_deletions_are_left() -> None:
    assert decided(None, injected_cluster(OTHER), operation="DELETE") is Reason.OTHER_OPERATION


@pytest.mark.parametrize("empty", [None, {}])
def test_a_request_without_an_object_is_left(empty: Any) -> None:
    assert decided(empty) is Reason.NO_SERVICE


def test_the_namespace_is_the_requests_as_the_object_may_have_none() -> None:
    assert decided(cluster(namespace=""), namespace="other") == Inject(Key("other", "llm"), None)
