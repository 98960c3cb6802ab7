"""inspect answers, from a cluster alone, what of it is injected and why the rest is not."""

from __future__ import annotations

from rayscope.inject import inspect, noted_payload, recorded_payload
from rayscope.model.payload import Payload
from tests.unit.inject.clusters import PAYLOAD, cluster, group, head_template, injected, pod

MOVED = Payload(exporter="0123456789", port=9999)


def test_a_cluster_that_was_made_without_rayscope_misses_the_injection() -> None:
    inspection = inspect(cluster(gpu=group()))
    assert inspection.payload is None
    assert [(report.outcome, report.reason) for report in inspection.groups] == [("missing", "NotInjected")] * 2
    assert not inspection.complete
    assert "rayscope rollout" in inspection.groups[0].message


def test_an_injected_cluster_says_with_what() -> None:
    inspection = inspect(injected(cluster(gpu=group()), MOVED))
    assert inspection.payload == MOVED
    assert inspection.complete


def test_a_group_that_could_not_be_injected_says_why() -> None:
    inspection = inspect(injected(cluster(gpu=group(pod(hostNetwork=True)))))
    assert [report.reason for report in inspection.groups] == ["AlreadyInjected", "HostNetwork"]
    assert not inspection.complete


def test_a_cluster_of_which_every_group_was_skipped_says_why_without_any_record() -> None:
    inspection = inspect(injected(cluster(group(pod(hostNetwork=True)))))
    assert inspection.payload is None
    assert [(report.outcome, report.reason) for report in inspection.groups] == [("skipped", "HostNetwork")]


def test_a_group_that_lost_a_part_misses_it() -> None:
    once = injected(cluster())
    head_template(once)["spec"]["volumes"].pop()
    assert [report.outcome for report in inspect(once).groups] == ["missing"]


def test_a_conflict_that_came_later_does_not_undo_an_injection() -> None:
    once = injected(cluster())
    head_template(once)["spec"]["hostNetwork"] = True
    assert inspect(once).complete


def test_the_port_that_is_asked_about_is_the_recorded_one_where_there_is_one() -> None:
    taken = group(pod({"name": "app", "ports": [{"containerPort": 9999}]}))
    assert [report.reason for report in inspect(cluster(taken), port=9999).groups] == ["PortTaken"]
    assert [report.reason for report in inspect(cluster(taken)).groups] == ["NotInjected"]
    assert inspect(injected(cluster(gpu=taken), MOVED)).groups[1].reason == "PortTaken"


def test_a_record_alone_is_no_injection() -> None:
    copied = cluster()
    copied["metadata"]["annotations"] = injected(cluster())["metadata"]["annotations"]
    assert recorded_payload(copied) is None
    assert recorded_payload(injected(cluster())) == PAYLOAD


def test_metadata_alone_say_with_what_it_was_injected() -> None:
    assert noted_payload({"metadata": injected(cluster())["metadata"]}) == PAYLOAD
    assert noted_payload({"metadata": cluster()["metadata"]}) is None


def test_a_record_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    once = injected(cluster())
    annotations = once["metadata"]["annotations"]
    later = annotations["rayscope.dev/payload"].replace('"port"', '"new":[1],"port"').replace('"env"', '"new","env"')
    annotations["rayscope.dev/payload"] = later
    assert recorded_payload(once) == PAYLOAD
