"""A Prometheus takes a monitor, or tells why not, as Prometheus Operator decides it."""

from typing import Any

import pytest

from rayscope.model.prometheus import Prometheus

MONITOR = {"metadata": {"namespace": "serving", "name": "llm-rayscope", "labels": {"release": "kps"}}}
NAMESPACE = {"kubernetes.io/metadata.name": "serving", "team": "ml"}


def prometheus(namespace: str = "monitoring", kind: str = "Prometheus", **spec: Any) -> Prometheus:
    manifest = {"kind": kind, "metadata": {"namespace": namespace, "name": "main"}, "spec": spec}
    return Prometheus.of(manifest, "PodMonitor")


def refusal(**fields: Any) -> str | None:
    return prometheus(**fields).refusal(MONITOR, NAMESPACE)


def test_empty_selectors_take_everything() -> None:
    assert refusal(podMonitorSelector={}, podMonitorNamespaceSelector={}) is None


def test_an_absent_monitor_selector_takes_nothing() -> None:
    told = refusal(podMonitorNamespaceSelector={})
    assert told is not None
    assert "no selector" in told


def test_an_absent_namespace_selector_is_the_prometheus_own_namespace() -> None:
    told = refusal(podMonitorSelector={})
    assert told is not None
    assert "own namespace monitoring" in told
    assert prometheus("serving", podMonitorSelector={}).refusal(MONITOR, NAMESPACE) is None


@pytest.mark.parametrize(
    ("selector", "namespaces", "told"),
    [
        ({"matchLabels": {"release": "other"}}, {}, "release=other"),
        ({}, {"matchLabels": {"team": "web"}}, "team=web"),
        ({"matchLabels": {"release": "kps"}}, {"matchLabels": {"team": "ml"}}, None),
    ],
)
def test_labels_of_monitor_and_namespace_decide(selector: Any, namespaces: Any, told: str | None) -> None:
    given = refusal(podMonitorSelector=selector, podMonitorNamespaceSelector=namespaces)
    assert given is None if told is None else given is not None and told in given


@pytest.mark.parametrize(
    "selector",
    [
        {"matchExpressions": [{"key": "team", "operator": "in", "values": ["ml"]}]},
        {"matchExpressions": [{"key": "team", "operator": "In"}]},
        {"matchLabels": {"release": "a b"}},
    ],
)
def test_a_selector_that_is_none_takes_nothing_and_no_label_helps(selector: Any) -> None:
    asked = prometheus(podMonitorSelector=selector, podMonitorNamespaceSelector={})
    told = asked.refusal(MONITOR, NAMESPACE)
    assert told is not None
    assert "does not take its selectors" in told
    assert asked.lacking(MONITOR, NAMESPACE) is None


def test_service_monitors_have_a_selector_of_their_own() -> None:
    manifest = {
        "kind": "PrometheusAgent",
        "metadata": {"namespace": "monitoring", "name": "agent"},
        "spec": {"podMonitorSelector": {}, "serviceMonitorNamespaceSelector": {}},
    }
    asked = Prometheus.of(manifest, "ServiceMonitor")
    assert str(asked) == "PrometheusAgent monitoring/agent"
    assert asked.refusal(MONITOR, NAMESPACE) is not None
    assert asked.account == "default"
