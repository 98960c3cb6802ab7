"""PrometheusRules (monitoring.coreos.com/v1): a service's SLOs and alerts, and what an installation has for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import MANAGER, prometheus_rule
from rayscope.model.rules import Edges, valid
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata, own_labels
from rayscope.render.rules.blindness import blindness_alerts
from rayscope.render.rules.engines import engine_alerts
from rayscope.render.rules.installation import installation_groups
from rayscope.render.rules.recorded import group
from rayscope.render.rules.scope import Scope
from rayscope.render.rules.slo import slo_group

COMPONENT = "rules"


def service_prometheus_rule(
    service: Service, clusters: Iterable[Manifest], wanted: MonitorSpec, edges: Edges, labels: Mapping[str, str]
) -> Manifest:
    """The rule of a service with its live `clusters`; SLOs as far as `edges`, which its pods report, measure them."""
    metadata = child_metadata(service, prometheus_rule(service.key.name), COMPONENT, labels)
    return _prometheus_rule(metadata, service_groups(Scope.of(service, clusters), wanted, edges))


def installation_prometheus_rule(namespace: str | None) -> Manifest:
    """The rule of an installation, the same for all services; None: wherever it is applied."""
    where = {"namespace": namespace} if namespace else {}
    return _prometheus_rule({"name": MANAGER, **where, "labels": own_labels(COMPONENT)}, installation_groups())


def _prometheus_rule(metadata: Manifest, groups: list[Manifest]) -> Manifest:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": {"groups": groups},
    }


def service_groups(scope: Scope, wanted: MonitorSpec, edges: Edges) -> list[Manifest]:
    """Groups of one service's rules."""
    slos = wanted.rules.slo
    minimum = slos.minimum_events if slos else 0
    alerts = [*engine_alerts(scope), *blindness_alerts(scope, wanted.scrape)]
    return [
        *(slo_group(scope, indicator, objective, minimum) for indicator, objective in valid(slos, edges)),
        group(f"{scope.service}.alerts", [alert.rule for alert in alerts]),
    ]
