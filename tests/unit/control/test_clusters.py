"""Which changes of a RayCluster are worth a visit."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.control.clusters import Clusters


def cluster(**metadata: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "u", "generation": 1, "labels": {"a": "b"}, "resourceVersion": "5"} | metadata}


def known() -> Clusters:
    clusters = Clusters()
    assert clusters.changed(cluster())
    return clusters


def test_a_change_of_status_alone_is_none() -> None:
    assert not known().changed(cluster(resourceVersion="6", managedFields=[{"manager": "kuberay"}]))


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"labels": {}},
        {"annotations": {"rayscope.dev/payload": "{}"}},
        {"deletionTimestamp": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_a_visit_depends_on_is_a_change(change: dict[str, Any]) -> None:
    assert known().changed(cluster(**change))


def test_a_deleted_cluster_is_forgotten() -> None:
    clusters = known()
    assert clusters.gone(cluster())
    assert clusters.changed(cluster())
