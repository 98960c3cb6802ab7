"""The plan for a labelled service: what there is to be beside it, and whether a Prometheus will take it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rayscope.kube.kinds import PROMETHEUS, PROMETHEUS_RULE
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorKind, MonitorSpec
from rayscope.model.rules import Edges
from rayscope.model.selection import Ambiguous, Selection, detected_labels, selection
from rayscope.model.service import Service
from rayscope.render.children import monitors, render, rules
from rayscope.render.settings import Settings

KINDS = frozenset(MonitorKind)


@dataclass(frozen=True)
class Surroundings:
    """What there is around the service."""

    prometheuses: Sequence[Manifest]
    namespace_labels: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    manifests: tuple[Manifest, ...]
    """All of them, in the order in which they are needed."""
    selection: Selection | None
    """None: there is no monitor that could be taken."""
    rules_left: str = ""
    """Why no Prometheus takes its rules, where one could be seen."""

    @property
    def rules(self) -> Sequence[Manifest]:
        """Those of them that a Prometheus evaluates."""
        return [manifest for manifest in self.manifests if manifest["kind"] == PROMETHEUS_RULE.kind]

    @property
    def monitors(self) -> Sequence[Manifest]:
        """Those of them that a Prometheus reads."""
        return [manifest for manifest in self.manifests if manifest["kind"] in KINDS]


def plan(  # noqa: PLR0913, PLR0917 - all that a child depends on
    service: Service,
    clusters: Sequence[Manifest],
    spec: MonitorSpec,
    settings: Settings,
    edges: Edges,
    around: Surroundings,
) -> Plan:
    """The children, the monitors with the labels that the one Prometheus wants that would take them by labels."""
    if around.prometheuses:
        settings = _labelled(service, clusters, spec, settings, around)
    made = Plan(tuple(render(service, clusters, spec, settings, edges)), None)
    if not made.monitors:
        return made
    return replace(
        made,
        selection=selection(around.prometheuses, made.monitors, around.namespace_labels),
        rules_left=_left(made.rules, around),
    )


def _labelled(
    service: Service, clusters: Sequence[Manifest], spec: MonitorSpec, settings: Settings, around: Surroundings
) -> Settings:
    """The settings, with the labels that monitors lack to be taken, and those that rules lack besides."""
    plain = [each for each in monitors(service, clusters, spec, settings) if each["kind"] in KINDS]
    labels = {**settings.labels, **_lacking(around.prometheuses, plain, around)}
    settings = replace(settings, labels=labels)
    evaluated = list(rules(service, clusters, spec, settings))
    return replace(settings, rule_labels=_lacking(_evaluating(around), evaluated, around))


def _lacking(prometheuses: Sequence[Manifest], plain: Sequence[Manifest], around: Surroundings) -> Mapping[str, str]:
    labels = detected_labels(prometheuses, plain, around.namespace_labels)
    return {} if isinstance(labels, Ambiguous) else labels


def _evaluating(around: Surroundings) -> Sequence[Manifest]:
    """An agent evaluates no rules."""
    return [each for each in around.prometheuses if each["kind"] == PROMETHEUS.kind]


def _left(evaluated: Sequence[Manifest], around: Surroundings) -> str:
    prometheuses = _evaluating(around)
    if not evaluated or not prometheuses:
        return ""
    found = selection(prometheuses, evaluated, around.namespace_labels)
    return "" if found.status == "True" else f"Its alerts are not evaluated: {found.message}"
