"""`rayscope rules render`: the rules of a service in a file, and those of the installation, without a cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope.render.rules.installation import installation_groups
from tests.unit.cli.files import call
from tests.unit.manifests.texts import SERVICE

SHIPPED = Path(__file__).parents[3] / "charts/rayscope/files/rules.yaml"
MONITOR = """\
apiVersion: rayscope.dev/v1alpha1
kind: VLLMMonitor
metadata: {name: llm}
spec:
  scrape: {labels: {release: prometheus}}
  rules: {slo: {endToEnd: {threshold: 10s}}}
"""


def rules(*arguments: object, given: str = "") -> Any:
    called = call("rules", "render", *arguments, given=given)
    assert called.status == 0
    return yaml.safe_load(called.output)


def test_the_installations_rules_are_one_prometheusrule() -> None:
    found = rules("--global", "-n", "monitoring")
    assert (found["kind"], found["metadata"]["namespace"]) == ("PrometheusRule", "monitoring")
    assert found["spec"]["groups"] == installation_groups()


def test_as_a_rule_file_they_are_what_the_chart_ships() -> None:
    assert rules("--global", "-o", "rule-file") == yaml.safe_load(SHIPPED.read_text())


def test_a_services_rules_are_of_that_service_alone() -> None:
    found = rules("-n", "ml", "-", given=SERVICE)
    assert found["metadata"]["name"] == "llm-rayscope"
    expressions = [rule["expr"] for group in found["spec"]["groups"] for rule in group["rules"]]
    assert expressions
    assert all('rayservice="llm",namespace="ml"' in expression for expression in expressions)


def test_objectives_are_rendered_unchecked_and_that_is_told(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yaml"
    file.write_text(MONITOR)
    called = call("rules", "render", "--monitor", file, "-o", "json", "-", given=SERVICE)
    (found,) = json.loads(called.output)["items"]
    assert [group["name"] for group in found["spec"]["groups"]] == ["llm.slo.endToEnd", "llm.alerts"]
    assert found["metadata"]["labels"]["release"] == "prometheus"
    assert "is not known here" in called.errors


@pytest.mark.parametrize("arguments", [(), ("--global", "-")])
def test_either_files_or_the_installations(arguments: tuple[str, ...]) -> None:
    assert call("rules", "render", *arguments, given=SERVICE).status == 2
