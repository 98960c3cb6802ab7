"""The rules under test: the installation's, and those of one service with every objective."""

from __future__ import annotations

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.rules import Indicator
from rayscope.render.rules.installation import installation_groups
from rayscope.render.rules.prometheusrule import service_groups
from rayscope.render.rules.scope import Scope

NAMESPACE, SERVICE, CLUSTER, NEXT, MODEL = "ml", "llm", "llm-a", "llm-b", "tiny"
THRESHOLD = 0.5
SPEC = MonitorSpec.model_validate({"rules": {"slo": {str(each): {"threshold": "500ms"} for each in Indicator}}})
EDGES = {indicator: frozenset({0.25, THRESHOLD, 1.0}) for indicator in Indicator}
INSTALLATION = installation_groups()


def service(*draining: str) -> list[Manifest]:
    """The service's own rules, while KubeRay drains these clusters."""
    return service_groups(Scope(NAMESPACE, SERVICE, draining), SPEC, EDGES)


def alerts(groups: list[Manifest]) -> list[Manifest]:
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]
