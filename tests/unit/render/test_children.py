"""What exists beside a service, and what must stay."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.render.children import LONGEST_NAME, monitors, render, rules, wanted_exporters
from rayscope.render.exporter import mounted_exporters
from rayscope.render.settings import Settings
from tests.unit.render.strategies import (
    FORMER,
    OWN,
    Situation,
    cluster,
    object_names,
    service,
    situations,
    unhurried,
)

SETTINGS = Settings(OWN)
DEFAULTS = MonitorSpec()
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


@unhurried
@given(situations())
def test_the_same_input_gives_the_same_bytes(situation: Situation) -> None:
    assert json.dumps(list(render(*situation))) == json.dumps(list(render(*deepcopy(situation))))


@unhurried
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_clusters_does_not_matter(situation: Situation, random: Random) -> None:
    subject, clusters, wanted, settings = situation
    shuffled = random.sample(clusters, len(clusters))
    assert list(render(subject, shuffled, wanted, settings)) == list(render(*situation))


@unhurried
@given(situations())
def test_nothing_that_is_passed_in_is_changed(situation: Situation) -> None:
    before = deepcopy(situation)
    list(render(*situation))
    assert situation == before


@unhurried
@given(situations())
def test_every_child_has_a_name_and_labels_that_kubernetes_takes(situation: Situation) -> None:
    for child in render(*situation):
        name, labels = child["metadata"]["name"], child["metadata"]["labels"]
        assert DNS_SUBDOMAIN.fullmatch(name)
        assert len(name) <= 253
        assert all(LABEL_VALUE.fullmatch(value) and len(value) <= 63 for value in labels.values())


@unhurried
@given(situations())
def test_every_child_belongs_to_its_service(situation: Situation) -> None:
    subject = situation[0]
    for child in render(*situation):
        [owner] = child["metadata"]["ownerReferences"]
        assert owner == {
            "apiVersion": "ray.io/v1",
            "kind": "RayService",
            "name": subject.key.name,
            "uid": subject.uid,
            "controller": True,
        }
        assert child["metadata"]["namespace"] == subject.key.namespace
        assert child["metadata"]["labels"]["rayscope.dev/service"] == subject.key.name
        assert child["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "rayscope"


@unhurried
@given(situations())
def test_no_child_carries_a_label_by_which_kuberay_selects(situation: Situation) -> None:
    for child in render(*situation):
        labels = child["metadata"]["labels"]
        assert not [name for name in labels if name.startswith("ray.io/")]
        assert labels["app.kubernetes.io/name"] != "kuberay"
        assert "app.kubernetes.io/created-by" not in labels


@unhurried
@given(situations())
def test_every_exporter_that_clusters_mount_is_wanted(situation: Situation) -> None:
    _, clusters, wanted, settings = situation
    following = {settings.exporter} if wanted.injection.enabled else set()
    assert wanted_exporters(*situation) == mounted_exporters(clusters) | following


@unhurried
@given(object_names, object_names)
def test_no_two_services_share_a_child(one: str, other: str) -> None:
    def children(name: str) -> set[tuple[str, str]]:
        rendered = render(service(name), [], DEFAULTS, SETTINGS)
        return {(child["kind"], child["metadata"]["name"]) for child in rendered}

    assert one == other or children(one).isdisjoint(children(other))


def test_the_exporter_of_this_version_is_wanted_before_the_first_cluster() -> None:
    assert wanted_exporters(service(), [], DEFAULTS, SETTINGS) == {OWN}


def test_the_exporter_that_a_live_cluster_mounts_is_wanted_beside_this_versions() -> None:
    assert wanted_exporters(service(), [cluster("llm-a", digest=FORMER)], DEFAULTS, SETTINGS) == {OWN, FORMER}


def test_a_service_whose_name_fits_into_no_label_has_no_children() -> None:
    longest = "x" * LONGEST_NAME
    assert list(render(service(longest), [], DEFAULTS, SETTINGS))
    assert not list(render(service(longest + "x"), [], DEFAULTS, SETTINGS))
    assert not wanted_exporters(service(longest + "x"), [], DEFAULTS, SETTINGS)


def kinds(clusters: Sequence[Manifest] = (), **spec: Any) -> list[str]:
    """Of all but the rules."""
    wanted = MonitorSpec.model_validate({"rules": {"enabled": False}, **spec})
    return [child["kind"] for child in render(service(), clusters, wanted, SETTINGS)]


def test_one_kind_of_monitor_stands_in_for_the_other() -> None:
    assert kinds(scrape={"kind": "PodMonitor"}) == ["PodMonitor"]
    assert kinds(scrape={"kind": "ServiceMonitor"}) == ["Service", "ServiceMonitor"]


def test_an_applications_route_is_a_monitor_more() -> None:
    assert kinds(scrape={"app": {}}) == ["PodMonitor", "ServiceMonitor"]
    assert kinds(scrape={"app": {}, "kind": "ServiceMonitor"}) == ["Service", "ServiceMonitor", "ServiceMonitor"]


def ports(clusters: Sequence[Manifest], **spec: Any) -> list[str]:
    (monitor,) = monitors(service(), clusters, MonitorSpec.model_validate(spec), SETTINGS)
    return [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]


def test_without_injection_there_is_rays_port_and_nothing_to_mount() -> None:
    assert kinds(injection={"enabled": False}) == ["PodMonitor"]
    assert ports([cluster("llm-a")], injection={"enabled": False}) == ["metrics"]
    assert not wanted_exporters(service(), [], MonitorSpec.model_validate({"injection": {"enabled": False}}), SETTINGS)


def test_a_cluster_that_was_injected_before_injection_was_turned_off_keeps_its_exporter() -> None:
    clusters = [cluster("llm-a", digest=OWN)]
    assert kinds(clusters, injection={"enabled": False}) == ["PodMonitor"]
    assert ports(clusters, injection={"enabled": False}) == ["vllm-metrics", "metrics"]


def test_a_monitor_of_nothing_is_not_made() -> None:
    assert kinds(injection={"enabled": False}, scrape={"ray": "Off"}) == []
    assert kinds(injection={"enabled": False}, scrape={"ray": "Off", "app": {}}) == ["ServiceMonitor"]


@pytest.mark.parametrize("kind", ["PodMonitor", "ServiceMonitor"])
def test_a_services_labels_win_over_the_operators_and_rayscopes_own_over_both(kind: str) -> None:
    asked = {"release": "team", "rayscope.dev/service": "somebody-else"}
    wanted = MonitorSpec.model_validate({"scrape": {"kind": kind, "labels": asked, "app": {}}})
    settings = Settings(OWN, labels={"release": "prometheus", "tier": "gpu"})
    for monitor in (each for each in monitors(service(), [], wanted, settings) if each["kind"] != "Service"):
        assert {"release": "team", "tier": "gpu"}.items() <= monitor["metadata"]["labels"].items()
        assert monitor["metadata"]["labels"]["rayscope.dev/service"] == "llm"


def test_rules_can_be_left_out() -> None:
    assert kinds(rules={"enabled": True}) == ["PodMonitor", "PrometheusRule"]
    assert kinds(rules={"enabled": False}) == ["PodMonitor"]


def test_rules_have_the_labels_of_the_monitors_and_those_that_a_prometheus_wants_of_rules() -> None:
    wanted = MonitorSpec.model_validate({"scrape": {"labels": {"release": "team"}}})
    settings = Settings(OWN, labels={"release": "prometheus"}, rule_labels={"role": "alerts"})
    (rule,) = rules(service(), [], wanted, settings)
    assert {"release": "team", "role": "alerts"}.items() <= rule["metadata"]["labels"].items()
