"""Twins: every RayService sample of KubeRay twice, in two namespaces of which only one is labelled for Rayscope.

Both get the same edits at the same times; what KubeRay made of the two must differ in nothing but the injection.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from tests.control.monitors import Monitor
from tests.control.samples import Document, is_service, placed
from tests.plane import Plane
from tests.plane.resources import PODS, RAY_CLUSTERS, Resource
from tests.plane.waiting import eventually

ROUNDS = 3
"""KubeRay looks at a RayService every two seconds: what has not moved for so many of its rounds has settled."""
LOOK = re.compile(r'"RayService":{"name":"[^"]+","namespace":"([^"]+)"},"reconcileID":"([^"]+)"')
"""In KubeRay's log, at each look at a service: its namespace, and an id of the look."""

Edit = Callable[[Document], None]


@dataclass
class Twins:
    """The two namespaces, the documents as they are now, and all that KubeRay ever made there."""

    plane: Plane
    labelled: str
    plain: str
    documents: dict[str, list[Document]]
    """By sample; edits change them."""
    spec: Document = field(default_factory=dict)
    """Of each labelled service's VLLMMonitor; empty: it is left to the operator."""
    pods: dict[str, dict[str, Document]] = field(default_factory=dict)
    """Every pod that was seen, by namespace and uid."""

    @property
    def namespaces(self) -> tuple[str, str]:
        return self.labelled, self.plain

    def services(self) -> Iterator[Document]:
        for documents in self.documents.values():
            yield from filter(is_service, documents)

    def monitors(self) -> Iterator[Monitor]:
        """The VLLMMonitors that are not left to the operator."""
        for service in self.services() if self.spec else ():
            yield Monitor(self.plane, self.labelled, service["metadata"]["name"])

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

    def settle(self) -> None:
        """Wait until nothing has moved for some of KubeRay's own rounds."""
        last, mark = "", self._log.stat().st_size

        def quiet() -> bool:
            nonlocal last, mark
            if (now := self._state()) != last:
                last, mark = now, self._log.stat().st_size
            return self._looks(mark) >= ROUNDS * sum(1 for _ in self.services()) * len(self.namespaces)

        eventually(quiet, "KubeRay has done with the twins", limit=240)

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

    @property
    def _log(self) -> Path:
        return self.plane.directory / "kuberay.log"

    def _looks(self, mark: int) -> int:
        """How often KubeRay has looked at one of these services since its log had MARK bytes."""
        with self._log.open("rb") as log:
            log.seek(mark)
            looks = set(LOOK.findall(log.read().decode(errors="replace")))
        return sum(namespace in self.namespaces for namespace, _ in looks)

    def _state(self) -> str:
        """What there is, as a text that changes with it."""
        state: list[Any] = []
        for namespace in self.namespaces:
            clusters = self.plane.client.list(RAY_CLUSTERS.path(namespace))
            pods = self.plane.client.list(PODS.path(namespace))
            self.pods.setdefault(namespace, {}).update({pod["metadata"]["uid"]: pod for pod in pods})
            state += [[item["metadata"]["uid"], item["metadata"]["generation"]] for item in clusters]
            state += sorted(pod["metadata"]["uid"] for pod in pods)
        return json.dumps(state)
