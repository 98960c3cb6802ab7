"""`rayscope render` prints what the operator would create."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope.zipapp import build
from tests.unit.cli.files import MONITOR, Called, call
from tests.unit.manifests.texts import CLUSTER, SERVICE, injected

UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


def children(called: Called) -> list[Any]:
    assert called.status == 0
    return list(yaml.safe_load_all(called.output))


def test_a_service_gets_its_exporter_and_its_monitor() -> None:
    config_map, monitor, rule = children(call("render", "-", given=SERVICE))
    assert config_map["metadata"]["name"] == f"rayscope-exporter-{build().digest}"
    assert b64decode(config_map["binaryData"]["exporter.pyz"]) == build().data
    assert (monitor["kind"], monitor["metadata"]["name"]) == ("PodMonitor", "llm-rayscope")
    assert monitor["spec"]["selector"] == {"matchLabels": {"rayscope.dev/service": "llm"}}
    assert (rule["kind"], rule["metadata"]["name"]) == ("PrometheusRule", "llm-rayscope")


def test_what_is_not_known_without_a_cluster_is_left_out_and_told() -> None:
    called = call("render", "-", given=SERVICE)
    assert called.output.startswith("# ownerReferences are left out")
    for child in children(called):
        assert not {"ownerReferences", "namespace"} & child["metadata"].keys()


def test_a_uid_makes_children_that_go_with_their_service() -> None:
    called = call("render", "--uid", UID, "-n", "ml", "-", given=SERVICE)
    assert not called.output.startswith("#")
    for child in children(called):
        assert child["metadata"]["namespace"] == "ml"
        assert child["kind"] == "ConfigMap" or child["metadata"]["ownerReferences"][0]["uid"] == UID


def test_a_service_from_a_cluster_brings_its_uid_and_its_namespace() -> None:
    given = SERVICE.replace("  name: llm\n", f"  name: llm\n  namespace: serving\n  uid: {UID}\n", 1)
    for child in children(call("render", "-n", "ml", "-", given=given)):
        assert child["metadata"]["namespace"] == "serving"
        assert child["kind"] == "ConfigMap" or child["metadata"]["ownerReferences"][0]["uid"] == UID


def test_the_services_of_a_namespace_share_an_exporter_that_none_of_them_owns() -> None:
    other = SERVICE.replace("  name: llm\n", "  name: chat\n", 1)
    elsewhere = SERVICE.replace("  name: llm\n", "  name: llm\n  namespace: serving\n", 1)
    found = children(call("render", "-n", "ml", "-", given=f"{SERVICE}---\n{other}---\n{elsewhere}"))
    exporters = [child["metadata"] for child in found if child["kind"] == "ConfigMap"]
    assert [exporter["namespace"] for exporter in exporters] == ["ml", "serving"]
    assert not any("ownerReferences" in exporter for exporter in exporters)


def test_the_status_of_a_service_is_no_part_of_it() -> None:
    given = SERVICE + "status:\n  activeServiceStatus:\n    rayClusterName: llm-x7k2p\n"
    assert call("render", "-", given=given).output == call("render", "-", given=SERVICE).output


def test_the_exporter_can_be_left_out() -> None:
    monitor, _ = children(call("render", "--no-exporter", "-", given=SERVICE))
    assert monitor["kind"] == "PodMonitor"


def test_the_settings_of_a_monitor_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text(MONITOR)
    monitor, _ = children(call("render", "--no-exporter", "--monitor", file, "-", given=SERVICE))
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    endpoints = monitor["spec"]["podMetricsEndpoints"]
    assert [endpoint["interval"] for endpoint in endpoints] == ["15s", "15s"]
    assert not any("metricRelabelings" in endpoint for endpoint in endpoints)


def test_a_service_monitor_finds_the_pods_by_the_label_that_the_injection_gives_them(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text(MONITOR.replace("scrape: {", "scrape: {kind: ServiceMonitor, app: {}, "))
    found = children(call("render", "--no-exporter", "--monitor", file, "-", given=SERVICE))
    assert [child["kind"] for child in found] == ["Service", "ServiceMonitor", "ServiceMonitor", "PrometheusRule"]
    assert found[0]["spec"]["selector"] == {"rayscope.dev/service": "llm"}


def test_json_is_a_list_and_its_notes_are_aside() -> None:
    called = call("render", "-o", "json", "-", given=SERVICE)
    listed = json.loads(called.output)
    assert (listed["kind"], [item["kind"] for item in listed["items"]]) == (
        "List",
        ["ConfigMap", "PodMonitor", "PrometheusRule"],
    )
    assert "ownerReferences" in called.errors


def test_yaml_shares_nothing_between_places() -> None:
    assert "&id" not in call("render", "--no-exporter", "-", given=SERVICE).output


def test_a_cluster_of_no_service_is_rendered_under_its_own_name() -> None:
    _, monitor, _ = children(call("render", "-", given=CLUSTER))
    assert monitor["spec"]["selector"] == {"matchLabels": {"rayscope.dev/service": "llm"}}


def test_an_injection_of_another_version_is_told() -> None:
    called = call("render", "-", given=injected(SERVICE).text)
    assert "# llm was injected with exporter 0123456789" in called.output


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["-"], "kind: ConfigMap\n"),
        (["-"], "{"),
        (["absent.yaml"], ""),
        (["-"], SERVICE.replace("name: llm", "generateName: llm-")),
        (["-"], SERVICE.replace("name: llm", "name: " + "l" * 64)),
        (["--uid", UID, "-"], f"{SERVICE}---\n{SERVICE}"),
    ],
)
def test_what_cannot_be_rendered_is_refused(arguments: list[str], given: str) -> None:
    called = call("render", *arguments, given=given)
    assert (called.status, called.output) == (2, "")
    assert "Error: " in called.errors
