"""Twins: every RayService sample of KubeRay twice, in two namespaces of which only one is labelled for Rayscope.

Both get the same edits at the same times; what KubeRay made of the two must differ in nothing but the injection.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from tests.control.samples import Document, is_service, placed
from tests.plane import Plane
from tests.plane.resources import PODS, RAY_CLUSTERS, RAY_SERVICES, Resource
from tests.plane.waiting import eventually

QUIET_SECONDS = 5.0
"""KubeRay looks at every RayService each two seconds: what has not moved for two of its looks has settled."""

Edit = Callable[[Document], None]


@dataclass
class Twins:
    """The two namespaces, the documents as they are now, and all that KubeRay ever made there."""

    plane: Plane
    labelled: str
    plain: str
    documents: dict[str, list[Document]]
    """By sample; edits change them."""
    pods: dict[str, dict[str, Document]] = field(default_factory=dict)
    """Every pod that was seen, by namespace and uid."""

    @property
    def namespaces(self) -> tuple[str, str]:
        return self.labelled, self.plain

    def services(self) -> Iterator[Document]:
        for documents in self.documents.values():
            yield from filter(is_service, documents)

    def edit(self, edit: Edit) -> None:
        """Change all services' documents, as somebody would in git; `apply` brings it to the cluster."""
        for service in self.services():
            edit(service)

    def apply(self, *options: str) -> None:
        """`kubectl apply` everything in both namespaces, and wait until KubeRay has done with it."""
        for namespace in self.namespaces:
            labels = {MONITOR_LABEL: MONITOR_VALUE} if namespace == self.labelled else {}
            placed_ones = [
                placed(document, namespace, **(labels if is_service(document) else {}))
                for documents in self.documents.values()
                for document in documents
            ]
            self.plane.kubectl("apply", *options, "-f", "-", stdin=yaml.safe_dump_all(placed_ones))
        self.settle()

    def patch(self, patch: Callable[[Document], list[dict[str, Any]]]) -> None:
        """JSON-patch every service, as it is in the cluster, in both namespaces; and wait."""
        for namespace in self.namespaces:
            for service in self.plane.client.list(RAY_SERVICES.path(namespace)):
                self.plane.client.patch(RAY_SERVICES.path(namespace, service["metadata"]["name"]), patch(service))
        self.settle()

    def settle(self) -> None:
        """Wait until KubeRay has seen every service's latest generation, and nothing has moved for a while."""
        last, since = "", time.monotonic()

        def quiet() -> bool:
            nonlocal last, since
            if (now := self._state()) != last or not now:
                last, since = now, time.monotonic()
            return time.monotonic() - since > QUIET_SECONDS

        eventually(quiet, "KubeRay has done with the twins", limit=180)

    def created(self, namespace: str, resource: Resource) -> int:
        """How many objects of a kind were ever created in a namespace, by the API server's own account."""
        return sum(
            request.verb == "create"
            and request.resource == resource.plural
            and not request.subresource
            and request.namespace == namespace
            and request.status == 201
            and request.stage == "ResponseComplete"
            for request in self.plane.audit.since(0)
        )

    def _state(self) -> str:
        """What there is, as a text that changes with it; empty while KubeRay has not seen the latest edit."""
        state: list[Any] = []
        for namespace in self.namespaces:
            services = self.plane.client.list(RAY_SERVICES.path(namespace))
            if any(pending(service) for service in services):
                return ""
            clusters = self.plane.client.list(RAY_CLUSTERS.path(namespace))
            pods = self.plane.client.list(PODS.path(namespace))
            self.pods.setdefault(namespace, {}).update({pod["metadata"]["uid"]: pod for pod in pods})
            state += [[item["metadata"]["uid"], item["metadata"]["generation"]] for item in clusters]
            state += sorted(pod["metadata"]["uid"] for pod in pods)
        return json.dumps(state)


def pending(service: Document) -> bool:
    """Whether KubeRay has yet to look at the service's latest generation."""
    observed: int = service.get("status", {}).get("observedGeneration", 0)
    generation: int = service["metadata"]["generation"]
    return observed < generation
