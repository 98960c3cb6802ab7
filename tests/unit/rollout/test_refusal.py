"""A rollout is refused wherever it would not do what it promises, with the reason and the next step."""

from typing import Any

import pytest

from rayscope.model.names import MONITOR_LABEL, RAY_GROUPS_ANNOTATION, RAY_HASH_ANNOTATION
from rayscope.rollout.refusal import Refusal, refusal, target
from tests.unit.rollout.services import NEW, OLD, condition, manifest, ray_cluster, service

CLUSTERS = {OLD: ray_cluster()}


def refused(given: dict[str, Any]) -> Refusal:
    told = refusal(service(given), CLUSTERS)
    assert told is not None
    return told


def test_a_labelled_service_that_serves_is_rolled_out() -> None:
    assert refusal(service(), CLUSTERS) is None
    assert target(service()) == OLD


def test_a_service_that_still_starts_is_rolled_out_in_place_of_its_first_cluster() -> None:
    starting = manifest()
    starting["status"] = {"activeServiceStatus": {}, "pendingServiceStatus": {"rayClusterName": OLD}}
    assert refusal(service(starting), CLUSTERS) is None
    assert target(service(starting)) == OLD


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"upgradeStrategy": {"type": "None"}}, "StrategyNone"),
        ({"upgradeStrategy": {"type": "NewClusterWithIncrementalUpgrade"}}, "StrategyIncremental"),
        ({"upgradeStrategy": {"type": "NewCluster"}}, None),
        ({"suspend": True}, "Suspended"),
        ({"managedBy": "kueue.x-k8s.io/multikueue"}, "ManagedElsewhere"),
        ({"managedBy": "ray.io/kuberay-operator"}, None),
    ],
)
def test_the_spec_forbids_it(spec: dict[str, Any], reason: str | None) -> None:
    told = refusal(service(**spec), CLUSTERS)
    assert (told.reason if told else None) == reason


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([condition("UpgradeInProgress")], "UnderWay"),
        ([condition("RollbackInProgress")], "UnderWay"),
        ([condition("UpgradeInProgress", "False")], None),
        ([condition("Suspended")], "Suspended"),
        ([condition("Ready", "False", "InitializingTimeout")], "GivenUp"),
    ],
)
def test_the_state_forbids_it(conditions: list[Any], reason: str | None) -> None:
    given = manifest()
    given["status"]["conditions"] = conditions
    told = refusal(service(given), CLUSTERS)
    assert (told.reason if told else None) == reason


def test_a_cluster_that_is_to_take_over_is_a_rollout_under_way() -> None:
    given = manifest()
    given["status"]["pendingServiceStatus"] = {"rayClusterName": NEW}
    told = refused(given)
    assert told.reason == "UnderWay"
    assert NEW in told.message
    assert OLD in told.message


@pytest.mark.parametrize("value", [None, "true"])
def test_a_service_that_is_not_labelled_is_told_to_be(value: str | None) -> None:
    given = manifest()
    given["metadata"]["labels"] = {MONITOR_LABEL: value} if value else {}
    told = refused(given)
    assert told.reason == "NotLabelled"
    assert told.next == "kubectl label rayservice llama -n serving rayscope.dev/monitor=vllm --overwrite"


def test_a_service_that_goes_away_is_left_alone() -> None:
    given = manifest()
    given["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert refused(given).reason == "Deleting"


@pytest.mark.parametrize("status", [{}, {"pendingServiceStatus": {"rayClusterName": "llama-later"}}])
def test_without_a_cluster_there_is_nothing_to_replace(status: dict[str, Any]) -> None:
    assert refused(manifest() | {"status": status}).reason == "NoCluster"


@pytest.mark.parametrize("annotation", [RAY_HASH_ANNOTATION, RAY_GROUPS_ANNOTATION])
def test_a_cluster_without_kuberays_notes_would_be_changed_in_place(annotation: str) -> None:
    changed = ray_cluster()
    del changed["metadata"]["annotations"][annotation]
    told = refusal(service(), {OLD: changed})
    assert told is not None
    assert told.reason == "NotKubeRays"
