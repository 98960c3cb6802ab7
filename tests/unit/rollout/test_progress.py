"""How far a rollout has come, told in one line."""

from typing import Any

import pytest

from rayscope.rollout.progress import Progress, progress
from tests.unit.inject.clusters import injected
from tests.unit.rollout.services import NEW, OLD, manifest, ray_cluster, service


def pod(*, ready: bool) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}


def test_pods_are_counted_against_what_the_cluster_asks_for() -> None:
    cluster = injected(ray_cluster(NEW))
    cluster["spec"]["workerGroupSpecs"][0]["replicas"] = 2
    pods = [pod(ready=True), pod(ready=False)]
    now = progress(service(), OLD, NEW, cluster, pods, old_lives=True)
    assert str(now) == f"RayCluster {NEW} (injected): 1 of 3 pods ready."
    assert not now.done


def test_it_is_done_when_the_new_one_serves_and_the_old_one_is_gone() -> None:
    serving = manifest()
    serving["status"]["activeServiceStatus"]["rayClusterName"] = NEW
    cluster = injected(ray_cluster(NEW))
    assert not progress(service(serving), OLD, NEW, cluster, [], old_lives=True).done
    assert progress(service(serving), OLD, NEW, cluster, [], old_lives=False).done


@pytest.mark.parametrize(
    ("now", "word"),
    [
        (Progress(OLD), "not named"),
        (Progress(OLD, new=NEW), "not made yet"),
        (Progress(OLD, new=NEW, made=True), "NOT injected"),
        (Progress(OLD, new=NEW, made=True, injected=True, serves=True), f"{OLD} is still there"),
        (Progress(OLD, old_lives=False, new=NEW, made=True, injected=True, serves=True), "the rollout is done"),
    ],
)
def test_each_stage_has_its_words(now: Progress, word: str) -> None:
    assert word in str(now)
