"""The plan for a labelled service: what there is to be beside it, and whether a Prometheus will take it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorKind, MonitorSpec
from rayscope.model.selection import Ambiguous, Selection, detected_labels, selection
from rayscope.model.service import Service
from rayscope.render.children import monitors, render
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

    @property
    def monitors(self) -> Sequence[Manifest]:
        """Those of them that a Prometheus reads."""
        return [manifest for manifest in self.manifests if manifest["kind"] in KINDS]


def plan(  # noqa: PLR0913, PLR0917 - all that a child depends on
    service: Service,
    clusters: Sequence[Manifest],
    spec: MonitorSpec,
    settings: Settings,
    zipapps: Mapping[str, bytes],
    around: Surroundings,
) -> Plan:
    """The children, the monitors with the labels that the one Prometheus wants that would take them by labels."""
    if around.prometheuses:
        settings = _labelled(service, clusters, spec, settings, around)
    made = Plan(tuple(render(service, clusters, spec, settings, zipapps)), None)
    if not made.monitors:
        return made
    return replace(made, selection=selection(around.prometheuses, made.monitors, around.namespace_labels))


def _labelled(
    service: Service, clusters: Sequence[Manifest], spec: MonitorSpec, settings: Settings, around: Surroundings
) -> Settings:
    """The settings, with the labels that monitors lack to be taken."""
    plain = [each for each in monitors(service, clusters, spec, settings) if each["kind"] in KINDS]
    labels = detected_labels(around.prometheuses, plain, around.namespace_labels)
    return settings if isinstance(labels, Ambiguous) else replace(settings, labels={**settings.labels, **labels})
