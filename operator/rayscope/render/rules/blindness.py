"""Alerts on the monitoring of a service itself: what is not seen raises no other alert."""

from __future__ import annotations

from collections.abc import Iterator

from rayscope.model.monitor import RayPort, Scrape
from rayscope.model.names import EXPORTER_PORT_NAME, RAY_METRICS_PORT_NAME
from rayscope.render.rules import surroundings
from rayscope.render.rules.alert import Alert
from rayscope.render.rules.engines import CLUSTER
from rayscope.render.rules.promql import CLUSTER_LABELS, SERVICE_LABELS, over
from rayscope.render.rules.scope import Scope

POD = "pod {{ $labels.pod }} of {{ $labels.rayservice }}"


def blindness_alerts(scope: Scope, scrape: Scrape) -> Iterator[Alert]:
    yield from (_exporter(scope, scrape), _targets(scope), _directory(scope), _errors(scope), _rules(scope))


def _exporter(scope: Scope, scrape: Scrape) -> Alert:
    """A pod that starts has neither port yet. Where Ray's is not scraped, time has to tell."""
    down = f"{scope.series('up', _port(EXPORTER_PORT_NAME))} == 0"
    beside = f"\nand on (namespace, pod)\n{scope.series('up', _port(RAY_METRICS_PORT_NAME))} == 1"
    seen = scrape.ray is not RayPort.OFF
    return Alert(
        name="RayscopeExporterDown",
        severity="warning",
        expression=down + beside if seen else down,
        hold="5m" if seen else "30m",
        summary="{{ $labels.rayservice }}: the exporter of pod {{ $labels.pod }} does not answer.",
        description=f"The exporter of {POD} is not scraped, although the pod runs: its engines are not seen.",
    )


def _targets(scope: Scope) -> Alert:
    return Alert(
        name="RayscopeTargetsDown",
        severity="warning",
        expression=f"{over('max', CLUSTER_LABELS, scope.series('up'))} == 0",
        hold="30m",
        summary="{{ $labels.rayservice }}: no pod of cluster {{ $labels.ray_io_cluster }} can be scraped.",
        description=f"No port of any pod of {CLUSTER} has answered Prometheus for half an hour: nothing of it is seen.",
    )


def _directory(scope: Scope) -> Alert:
    return Alert(
        name="RayscopeDirectoryFilling",
        severity="critical",
        expression=f"{scope.series('rayscope_exporter_directory_fill_ratio')} > 0.8",
        hold="5m",
        summary="{{ $labels.rayservice }}: the metrics directory of pod {{ $labels.pod }} is nearly full.",
        description=f"The metrics directory of {POD} is {{{{ $value | humanizePercentage }}}} full. When it is full, "
        "the next process that writes a metric there is killed (SIGBUS), the engine's among them.",
    )


def _errors(scope: Scope) -> Alert:
    """`empty` is what a file is for a moment when it is new."""
    errors = scope.series("rayscope_exporter_read_errors_total", 'reason!="empty"')
    return Alert(
        name="RayscopeReadErrors",
        severity="warning",
        expression=f"{over('sum', (*surroundings.POD_LABELS, 'reason'), f'rate({errors}[5m])')} > 0",
        hold="10m",
        summary="{{ $labels.rayservice }}: files in the metrics directory of pod {{ $labels.pod }} cannot be read.",
        description=f"Files of {POD} are {{{{ $labels.reason }}}}: of the processes that write them, only the last "
        "good numbers are shown.",
    )


def _rules(scope: Scope) -> Alert:
    scraped, recorded = (over("group", SERVICE_LABELS, scope.every(series)) for series in ("up", surroundings.UP))
    return Alert(
        name="RayscopeRecordingRulesMissing",
        severity="warning",
        expression=f"{scraped}\nunless on ({', '.join(SERVICE_LABELS)})\n{recorded}",
        hold="15m",
        summary="{{ $labels.rayservice }}: the rules that its alerts build on are not evaluated here.",
        description="Prometheus scrapes {{ $labels.rayservice }} and evaluates its alerts, but not the installation's "
        "recording rules, of which most alerts and all SLOs are made: none of those can fire.",
    )


def _port(name: str) -> str:
    return f'endpoint="{name}"'
