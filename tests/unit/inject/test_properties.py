"""What holds for every cluster, whatever it looks like."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings

from rayscope.inject import inject, inspect
from rayscope.inject.paths import same
from rayscope.model.cluster import Group, groups
from rayscope.model.manifest import mapping, sequence
from rayscope.model.payload import Payload
from tests.unit.inject.clusters import PAYLOAD, Document, injected, stripped
from tests.unit.inject.strategies import DIRECTORY, clusters, worker_groups

LATER = Payload(exporter="fedcba9876", port=9999, image="python:3.13-slim")

thoroughly = settings(max_examples=250, deadline=None)


def contains(after: Any, before: Any) -> bool:
    """Whether `after` is `before` with something added: keys to objects, elements to the end of lists, nulls filled."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key in after and contains(after[key], value) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(after) >= len(before) and all(map(contains, after, before))
    return before is None or bool(after == before)


def repeated(group: Group) -> Counter[str]:
    """What a group's pods have twice of the things that they may have once."""
    pod = group.pod
    every = (*sequence(pod, "containers"), *sequence(pod, "initContainers"))
    ray = every[0] if sequence(pod, "containers") else {}
    ports = [port for container in every for port in sequence(container, "ports")]
    found: Counter[str] = Counter()
    found.update(f"container {container['name']}" for container in every)
    found.update(f"volume {volume['name']}" for volume in sequence(pod, "volumes"))
    found.update(f"variable {entry['name']}" for entry in sequence(ray, "env"))
    found.update(f"mount at {mount['mountPath']}" for mount in sequence(ray, "volumeMounts"))
    found.update(f"port {port['containerPort']}/{port.get('protocol') or 'TCP'}" for port in ports)
    found.update(f"port name {port['name']}" for port in ports if port.get("name"))
    return Counter({what: times for what, times in found.items() if times > 1})


def pairs(before: Document, after: Document) -> Iterator[tuple[Group, Group]]:
    return zip(groups(before), groups(after), strict=True)


@thoroughly
@given(clusters)
def test_an_injection_only_adds(cluster: Document) -> None:
    assert contains(injected(cluster), cluster)


@thoroughly
@given(clusters)
def test_a_second_injection_is_empty_whatever_its_payload(cluster: Document) -> None:
    once = injected(cluster)
    assert inject(once, PAYLOAD).patch == ()
    assert inject(once, LATER).patch == () or once == cluster


@thoroughly
@given(clusters)
def test_stripping_gives_the_cluster_back_to_the_key_order(cluster: Document) -> None:
    assert json.dumps(stripped(injected(cluster))) == json.dumps(cluster)


@thoroughly
@given(clusters, worker_groups)
def test_a_group_that_is_appended_later_is_given_back_too(cluster: Document, appended: Document) -> None:
    def longer(document: Document) -> Document:
        workers = [*sequence(document, "spec", "workerGroupSpecs"), appended]
        return {**document, "spec": {**document["spec"], "workerGroupSpecs": workers}}

    twice = injected(longer(injected(cluster)))
    assert inject(twice, PAYLOAD).patch == ()
    assert stripped(twice) == longer(cluster)


@thoroughly
@given(clusters)
def test_the_input_is_not_changed(cluster: Document) -> None:
    kept = copy.deepcopy(cluster)
    inject(cluster, PAYLOAD)
    assert json.dumps(cluster) == json.dumps(kept)


@thoroughly
@given(clusters)
def test_the_first_container_keeps_all_but_environment_and_mounts(cluster: Document) -> None:
    for before, after in pairs(cluster, injected(cluster)):
        old, new = (sequence(group.pod, "containers") for group in (before, after))
        for kept, now in zip(old, new, strict=False):
            changed = {"env", "volumeMounts"} if kept is old[0] else set()
            assert {key: now.get(key) for key in now if key not in changed} == {
                key: value for key, value in kept.items() if key not in changed
            }


@thoroughly
@given(clusters)
def test_nothing_is_there_twice_that_was_not_before(cluster: Document) -> None:
    for before, after in pairs(cluster, injected(cluster)):
        assert repeated(after) == repeated(before)


@thoroughly
@given(clusters)
def test_a_skipped_group_stays_as_it_was_and_an_injected_one_has_everything(cluster: Document) -> None:
    reports = inject(cluster, PAYLOAD).groups
    for report, (before, after) in zip(reports, pairs(cluster, injected(cluster)), strict=True):
        if report.outcome == "injected":
            assert_complete(after)
        else:
            assert json.dumps(after.manifest) == json.dumps(before.manifest)


def assert_complete(group: Group) -> None:
    ray, *others = sequence(group.pod, "containers")
    (exporter,) = (container for container in others if container["name"] == "rayscope-exporter")
    effective = {entry["name"]: entry.get("value") for entry in ray["env"]}
    assert effective["PROMETHEUS_MULTIPROC_DIR"] == DIRECTORY
    assert {mount["name"] for mount in ray["volumeMounts"] if same(mount["mountPath"], DIRECTORY)} == {"rayscope"}
    assert {"rayscope", "rayscope-exporter"} <= {volume["name"] for volume in group.pod["volumes"]}
    assert "rayscope-exporter" in {mount["name"] for mount in exporter["volumeMounts"]}
    assert mapping(group.template, "metadata", "labels")["rayscope.dev/service"] == "llama"


@thoroughly
@given(clusters)
def test_an_inspection_agrees_with_the_injection(cluster: Document) -> None:
    reports = inject(cluster, PAYLOAD).groups
    expected = ["missing" if report.outcome == "injected" else report.outcome for report in reports]
    assert [report.outcome for report in inspect(cluster).groups] == expected
    now = ["already" if report.outcome == "injected" else report.outcome for report in reports]
    assert [report.outcome for report in inspect(injected(cluster)).groups] == now
