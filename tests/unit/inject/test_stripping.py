"""strip takes out what was injected, and nothing that is anybody else's."""

from __future__ import annotations

import json

import pytest

from rayscope.inject import inject, strip
from tests.unit.inject.clusters import PAYLOAD, Document, cluster, group, head_template, injected, pod, ray, stripped

VARIABLE = {"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/var/run/rayscope/prometheus"}


def written(document: Document) -> str:
    """The document to the key order."""
    return json.dumps(document)


@pytest.mark.parametrize("given", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"labels": None}}])
def test_every_way_in_which_a_parent_can_be_missing_comes_back(given: Document) -> None:
    before = cluster(group(**given), gpu=group(pod(ray_container=ray(env=None, volumeMounts=[]), volumes=None)))
    assert written(stripped(injected(before))) == written(before)


@pytest.mark.parametrize("annotations", [{}, {"annotations": None}, {"annotations": {}}, {"annotations": {"a": "b"}}])
def test_the_clusters_own_annotations_come_back(annotations: Document) -> None:
    before = cluster()
    before["metadata"].update(annotations)
    assert written(stripped(injected(before))) == written(before)


def test_a_cluster_without_a_record_is_left_alone() -> None:
    assert strip(cluster()) == ()
    assert strip(cluster(group(pod(ray_container=ray(env=[VARIABLE]))))) == ()


def test_a_record_that_nobody_can_read_is_left_alone() -> None:
    once = injected(cluster())
    once["metadata"]["annotations"]["rayscope.dev/payload"] = "?"
    assert strip(once) == ()


def test_what_the_user_had_in_the_same_words_stays() -> None:
    volume = {"name": "rayscope", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
    before = cluster(group(pod(ray_container=ray(env=[VARIABLE]), volumes=[volume])))
    assert stripped(injected(before)) == before


def test_a_completed_group_gives_all_back() -> None:
    before = cluster()
    partial = injected(before)
    del head_template(partial)["spec"]["containers"][0]["env"]
    completed = injected(partial)
    assert inject(completed, PAYLOAD).patch == ()
    assert stripped(completed) == before


def test_what_was_added_since_stays() -> None:
    once = injected(cluster())
    template = head_template(once)
    template["spec"]["containers"][0]["env"].append({"name": "A", "value": "1"})
    template["spec"]["volumes"].append({"name": "data"})
    template["spec"]["containers"].append({"name": "istio-proxy"})
    template["metadata"]["annotations"] = {"a": "b"}
    after = head_template(stripped(once))
    assert after == {
        "spec": {
            "containers": [ray(env=[{"name": "A", "value": "1"}]), {"name": "istio-proxy"}],
            "volumes": [{"name": "data"}],
        },
        "metadata": {"annotations": {"a": "b"}},
    }


def test_what_was_removed_since_is_not_missed() -> None:
    once = injected(cluster())
    template = head_template(once)
    del template["spec"]["volumes"]
    del template["spec"]["containers"][0]["env"]
    template["metadata"]["labels"].clear()
    assert stripped(once) == cluster()


def test_a_value_that_was_changed_since_is_the_users() -> None:
    once = injected(cluster())
    changed = {**VARIABLE, "value": "/tmp/mine"}
    head_template(once)["spec"]["containers"][0]["env"] = [changed]
    assert head_template(stripped(once))["spec"]["containers"] == [ray(env=[changed])]


def test_groups_are_found_by_name_wherever_they_are_now() -> None:
    once = injected(cluster(first=group(), second=group(metadata=None)))
    once["spec"]["workerGroupSpecs"].reverse()
    before = cluster(second=group(metadata=None), first=group())
    assert stripped(once) == before


def test_a_group_that_was_skipped_is_not_stripped() -> None:
    before = cluster(gpu=group(pod(hostNetwork=True)))
    once = injected(before)
    assert not any("workerGroupSpecs" in operation["path"] for operation in strip(once))
    assert stripped(once) == before
