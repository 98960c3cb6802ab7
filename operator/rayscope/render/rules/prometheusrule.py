"""The PrometheusRule of a service (monitoring.coreos.com/v1): its SLOs, and its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import prometheus_rule
from rayscope.model.rules import Edges, valid
from rayscope.model.service import Service
from rayscope.render.metadata import child_metadata
from rayscope.render.rules.blindness import blindness_alerts
from rayscope.render.rules.engines import engine_alerts
from rayscope.render.rules.recorded import group
from rayscope.render.rules.scope import Scope
from rayscope.render.rules.slo import slo_group


def service_prometheus_rule(
    service: Service, clusters: Iterable[Manifest], wanted: MonitorSpec, edges: Edges, labels: Mapping[str, str]
) -> Manifest:
    """The rule of a service with its live `clusters`; SLOs as far as `edges`, which its pods report, measure them."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": child_metadata(service, prometheus_rule(service.key.name), "rules", labels),
        "spec": {"groups": service_groups(Scope.of(service, clusters), wanted, edges)},
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
