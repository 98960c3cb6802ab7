"""Which monitors a Prometheus takes, as Prometheus Operator decides it (api.md: CommonPrometheusFields).

An absent monitor selector selects nothing, an empty one everything; an absent namespace selector selects the
Prometheus' own namespace, an empty one all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rayscope.model.manifest import Manifest, labels, mapping, sequence
from rayscope.model.selector import invalid, selects, written

FIELDS = {"PodMonitor": "podMonitor", "ServiceMonitor": "serviceMonitor", "PrometheusRule": "rule"}


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus or PrometheusAgent, and what it demands of monitors of one kind."""

    kind: str
    namespace: str
    name: str
    selector: Manifest | None
    namespaces: Manifest | None
    account: str
    """Its ServiceAccount: what it may see."""

    @property
    def demands(self) -> Mapping[str, str]:
        """The labels that its selector asks for by their values, as far as there is one choice only."""
        expressions = [each for each in sequence(self.selector, "matchExpressions") if each["operator"] == "In"]
        single = {each["key"]: values[0] for each in expressions if len(values := sequence(each, "values")) == 1}
        return {**single, **mapping(self.selector, "matchLabels")}

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @classmethod
    def of(cls, manifest: Manifest, monitor_kind: str) -> Prometheus:
        """Read one as the API server gives it, for what it may take: a PodMonitor, ServiceMonitor, PrometheusRule."""
        spec, field = mapping(manifest, "spec"), FIELDS[monitor_kind]
        return cls(
            kind=manifest["kind"],
            namespace=manifest["metadata"]["namespace"],
            name=manifest["metadata"]["name"],
            selector=spec.get(f"{field}Selector"),
            namespaces=spec.get(f"{field}NamespaceSelector"),
            account=spec.get("serviceAccountName") or "default",
        )

    def refusal(self, monitor: Manifest, namespace_labels: Mapping[str, str]) -> str | None:
        """Why it does not take `monitor`, whose namespace has these labels; None: it takes it."""
        namespace = monitor["metadata"]["namespace"]
        if self.selector is None:
            return "it takes no monitors of this kind at all: it has no selector for them"
        if wrong := invalid(self.selector) or invalid(self.namespaces or {}):
            return f"Prometheus Operator does not take its selectors: {wrong}"
        if self.namespaces is None and namespace != self.namespace:
            return f"it looks in its own namespace {self.namespace} only"
        if not selects(self.namespaces or {}, namespace_labels):
            return f"it looks in namespaces with {written(self.namespaces or {})} only"
        if not selects(self.selector, labels(monitor)):
            return f"it takes monitors with {written(self.selector)} only"
        return None

    def lacking(self, monitor: Manifest, namespace_labels: Mapping[str, str]) -> Mapping[str, str] | None:
        """The labels with which it would take `monitor`; empty: it takes it. None: added labels would not do."""
        given = labels(monitor)
        added = {key: value for key, value in self.demands.items() if key not in given}
        metadata = {**monitor["metadata"], "labels": {**given, **added}}
        return None if self.refusal({**monitor, "metadata": metadata}, namespace_labels) else added
