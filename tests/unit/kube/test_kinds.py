"""Where the API server has things."""

from __future__ import annotations

import pytest

from rayscope.kube.kinds import CONFIG_MAP, CRD, POD_MONITOR, kind_of


def test_core_kinds_live_under_api() -> None:
    assert CONFIG_MAP.path("ns", "name") == "/api/v1/namespaces/ns/configmaps/name"


def test_other_kinds_live_under_apis() -> None:
    assert POD_MONITOR.path("ns") == "/apis/monitoring.coreos.com/v1/namespaces/ns/podmonitors"


def test_without_a_namespace_the_path_is_that_of_all_namespaces() -> None:
    assert POD_MONITOR.path() == "/apis/monitoring.coreos.com/v1/podmonitors"


def test_a_cluster_wide_kind_ignores_the_namespace() -> None:
    assert CRD.path("ns", "a.b") == "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/a.b"


def test_a_manifest_tells_its_kind() -> None:
    assert kind_of({"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor"}) is POD_MONITOR


def test_a_kind_that_is_not_in_the_table_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        kind_of({"apiVersion": "v1", "kind": "Node"})
