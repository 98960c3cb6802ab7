"""The one write of a rollout: another hash, and nothing else."""

from datetime import UTC, datetime

import jsonpatch
import pytest

from rayscope.model.names import RAY_HASH_ANNOTATION
from rayscope.rollout.request import operations
from tests.unit.rollout.services import ray_cluster

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def test_only_the_hash_changes() -> None:
    before = ray_cluster()
    after = jsonpatch.apply_patch(before, operations(before, NOW))
    assert after["metadata"]["annotations"].pop(RAY_HASH_ANNOTATION) == "rollout-20260504T030201Z"
    del before["metadata"]["annotations"][RAY_HASH_ANNOTATION]
    assert after == before


@pytest.mark.parametrize("field", ["uid", "hash"])
def test_a_cluster_that_has_changed_meanwhile_is_not_touched(field: str) -> None:
    read, now = ray_cluster(), ray_cluster()
    if field == "uid":
        now["metadata"]["uid"] = "another"
    else:
        now["metadata"]["annotations"][RAY_HASH_ANNOTATION] = "another"
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        jsonpatch.apply_patch(now, operations(read, NOW))
