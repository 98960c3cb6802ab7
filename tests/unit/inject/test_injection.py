"""What an injection adds to a cluster, when it completes an earlier one, and when there is nothing to do."""

from __future__ import annotations

import copy
import json

import pytest

from rayscope.inject import inject
from rayscope.model.payload import Payload
from tests.unit.inject.clusters import (
    PAYLOAD,
    Document,
    cluster,
    exporter,
    group,
    head_template,
    injected,
    paths,
    pod,
    ray,
)

VARIABLE = {"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/var/run/rayscope/prometheus"}
MOUNT = {"name": "rayscope", "mountPath": "/var/run/rayscope/prometheus"}
LATER = Payload(exporter="fedcba9876", port=9999, volume_size="1Gi")
"""What another version of Rayscope, or another configuration, would inject."""


def record(document: Document) -> Document:
    written: Document = json.loads(document["metadata"]["annotations"]["rayscope.dev/payload"])
    return written


def test_head_and_workers_get_everything_in_one_patch() -> None:
    result = injected(cluster(gpu=group(), cpu=group()))
    templates = [head_template(result), *(worker["template"] for worker in result["spec"]["workerGroupSpecs"])]
    assert len(templates) == 3
    for template in templates:
        ray_container, exporter_container = template["spec"]["containers"]
        assert ray_container["env"] == [VARIABLE]
        assert ray_container["volumeMounts"] == [MOUNT]
        assert exporter_container["name"] == "rayscope-exporter"
        assert [volume["name"] for volume in template["spec"]["volumes"]] == ["rayscope", "rayscope-exporter"]
        assert template["metadata"]["labels"] == {"rayscope.dev/service": "llama"}


def test_the_volume_is_memory_of_a_bounded_size() -> None:
    volume, _ = head_template(injected(cluster()))["spec"]["volumes"]
    assert volume == {"name": "rayscope", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}}


def test_the_exporter_comes_from_a_config_map_that_a_pod_can_start_without() -> None:
    _, volume = head_template(injected(cluster()))["spec"]["volumes"]
    config_map = {"name": "rayscope-exporter-0123456789", "optional": True}
    assert volume == {"name": "rayscope-exporter", "configMap": config_map}


def test_the_ray_container_keeps_everything_it_had_and_gets_no_port() -> None:
    before = ray(env=[{"name": "A", "value": "1"}], ports=[], volumeMounts=[{"name": "data", "mountPath": "/data"}])
    after = head_template(injected(cluster(group(pod(ray_container=before)))))["spec"]["containers"][0]
    assert after["ports"] == []
    assert after["env"] == [*before["env"], VARIABLE]
    assert after["volumeMounts"] == [*before["volumeMounts"], MOUNT]
    assert list(after) == list(before)


def test_the_ray_container_is_the_first_whatever_it_is_called() -> None:
    spec = pod({"name": "ray-head", "image": "sidecar"}, ray_container=ray(name="anything"))
    first, second, last = head_template(injected(cluster(group(spec))))["spec"]["containers"]
    assert first["env"] == [VARIABLE]
    assert second == {"name": "ray-head", "image": "sidecar"}
    assert last["name"] == "rayscope-exporter"


def test_sidecars_never_get_the_variable() -> None:
    spec = pod({"name": "istio-proxy"}, {"name": "app", "env": []}, initContainers=[{"name": "setup"}])
    after = head_template(injected(cluster(group(spec))))["spec"]
    assert after["containers"][1:3] == [{"name": "istio-proxy"}, {"name": "app", "env": []}]
    assert after["initContainers"] == [{"name": "setup"}]


def test_the_variable_comes_last_so_that_no_other_one_changes_its_value() -> None:
    refers = {"name": "A", "value": "$(PROMETHEUS_MULTIPROC_DIR)/a"}
    after = head_template(injected(cluster(group(pod(ray_container=ray(env=[refers]))))))
    assert after["spec"]["containers"][0]["env"] == [refers, VARIABLE]


def test_null_parents_are_created() -> None:
    spec = pod(ray_container=ray(env=None, volumeMounts=None), volumes=None)
    nulls = cluster(group(spec, metadata=None))
    nulls["metadata"]["annotations"] = None
    after = injected(nulls)
    template = head_template(after)
    assert template["spec"]["containers"][0]["env"] == [VARIABLE]
    assert template["metadata"] == {"labels": {"rayscope.dev/service": "llama"}}
    assert list(after["metadata"]["annotations"]) == ["rayscope.dev/payload"]


def test_a_second_injection_has_nothing_to_do() -> None:
    once = injected(cluster(gpu=group()))
    again = inject(once, PAYLOAD)
    assert again.patch == ()
    assert {report.outcome for report in again.groups} == {"already"}


def test_what_another_webhook_adds_in_between_changes_nothing() -> None:
    once = injected(cluster())
    head_template(once)["spec"]["containers"].append({"name": "istio-proxy"})
    assert inject(once, PAYLOAD).patch == ()


def test_a_cluster_goes_on_with_the_payload_that_it_was_injected_with() -> None:
    once = injected(cluster())
    once["spec"]["workerGroupSpecs"].append({"groupName": "gpu", **group()})
    twice = injected(once, LATER)
    appended = twice["spec"]["workerGroupSpecs"][0]["template"]["spec"]
    assert head_template(twice) == head_template(once)
    assert appended["volumes"] == head_template(once)["spec"]["volumes"]
    assert appended["containers"][1]["ports"] == exporter(once)["ports"]
    assert record(twice)["payload"] == record(once)["payload"]
    assert set(record(twice)["groups"]) == {"headgroup", "gpu"}


def test_a_record_that_came_with_the_annotations_of_another_cluster_does_not_count() -> None:
    copied = cluster()
    copied["metadata"]["annotations"] = injected(cluster(gpu=group()))["metadata"]["annotations"]
    after = injected(copied, LATER)
    assert record(after)["payload"]["exporter"] == LATER.exporter
    assert set(record(after)["groups"]) == {"headgroup"}


def test_a_record_that_nobody_can_read_is_written_anew() -> None:
    once = injected(cluster())
    once["metadata"]["annotations"]["rayscope.dev/payload"] = "{"
    after = injected(once)
    assert record(after)["payload"]["exporter"] == PAYLOAD.exporter
    assert inject(after, PAYLOAD).patch == ()


def test_what_a_user_has_added_in_the_same_words_is_not_added_twice() -> None:
    theirs = cluster(group(pod(ray_container=ray(env=[VARIABLE]))))
    after = injected(theirs)
    assert head_template(after)["spec"]["containers"][0]["env"] == [VARIABLE]
    assert "env" not in record(after)["groups"]["headgroup"]["added"]


@pytest.mark.parametrize(
    "left", ["env", "volumeMounts", "volumes", "containers"], ids=["variable", "mount", "volumes", "exporter"]
)
def test_an_injection_of_which_only_one_part_is_left_is_completed(left: str) -> None:
    whole = injected(cluster())
    partial = cluster()
    spec, complete = head_template(partial)["spec"], head_template(whole)["spec"]
    if left in {"volumes", "containers"}:
        spec[left] = copy.deepcopy(complete[left])
        spec["containers"][0] = ray()
    else:
        spec["containers"][0][left] = copy.deepcopy(complete["containers"][0][left])
    after = head_template(injected(partial))
    assert sorted(container["name"] for container in after["spec"]["containers"]) == ["ray", "rayscope-exporter"]
    assert after["spec"]["volumes"] == complete["volumes"]
    assert after["spec"]["containers"] == complete["containers"]


def test_a_cluster_with_everything_but_the_record_gets_the_record_alone() -> None:
    whole = injected(cluster())
    del whole["metadata"]["annotations"]
    injection = inject(whole, PAYLOAD)
    assert paths(injection) == ["/metadata/annotations"]
    assert [report.outcome for report in injection.groups] == ["already"]


def test_our_volume_mounted_elsewhere_too_is_no_conflict() -> None:
    theirs = pod(
        ray_container=ray(volumeMounts=[{"name": "rayscope", "mountPath": "/scratch"}]),
        volumes=[{"name": "rayscope", "emptyDir": {"medium": "Memory"}}],
    )
    after = head_template(injected(cluster(group(theirs))))["spec"]
    assert after["containers"][0]["volumeMounts"] == [{"name": "rayscope", "mountPath": "/scratch"}, MOUNT]
    assert [volume["name"] for volume in after["volumes"]] == ["rayscope", "rayscope-exporter"]


def test_annotations_for_other_scrapers_are_left_alone() -> None:
    scraped = {"annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}}
    after = head_template(injected(cluster(group(metadata=scraped))))
    assert after["metadata"]["annotations"] == scraped["annotations"]


def test_the_input_is_not_changed() -> None:
    before = cluster(gpu=group(metadata=None))
    kept = copy.deepcopy(before)
    inject(before, PAYLOAD)
    assert before == kept


def test_a_patch_is_json() -> None:
    patch = inject(cluster(gpu=group()), PAYLOAD).patch
    assert json.loads(json.dumps(patch)) == list(patch)
    assert {operation["op"] for operation in patch} == {"add"}
