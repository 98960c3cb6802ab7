"""Whose series a service's rules are about: its clusters, but for those that KubeRay is draining.

Those are named, and left out: a rule that named the clusters to look at would look at none where the operator is down
while KubeRay makes a new one. Left out wrongly is nobody; at worst an alert speaks of a cluster on its way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rayscope.model.manifest import Manifest
from rayscope.model.service import Service
from rayscope.render.endpoints import CLUSTER_TARGET_LABEL, SERVICE_TARGET_LABEL
from rayscope.render.rules.promql import selected


@dataclass(frozen=True)
class Scope:
    """A service, without the clusters that are being drained."""

    namespace: str
    """Empty where it is not known: offline."""
    service: str
    draining: tuple[str, ...] = ()

    @classmethod
    def of(cls, service: Service, clusters: Iterable[Manifest]) -> Scope:
        """`clusters`: RayClusters that there are. While the service's status names none, none is being replaced."""
        names = {cluster["metadata"]["name"] for cluster in clusters}
        draining = sorted(names.difference(service.expected_clusters)) if service.expected_clusters else ()
        return cls(service.key.namespace, service.key.name, tuple(draining))

    @property
    def matchers(self) -> tuple[str, ...]:
        """Of the service itself, whichever cluster."""
        namespace = (f'namespace="{self.namespace}"',) if self.namespace else ()
        return (f'{SERVICE_TARGET_LABEL}="{self.service}"', *namespace)

    def every(self, series: str, *further: str) -> str:
        """The series of the service, whichever cluster."""
        first, *others = self.matchers
        return selected(series, *others, *further, service=first)

    def series(self, series: str, *further: str) -> str:
        """The series of the service's clusters that count."""
        draining = (f'{CLUSTER_TARGET_LABEL}!~"{"|".join(self.draining)}"',) if self.draining else ()
        return self.every(series, *draining, *further)
