"""What stories about one service have in common: how to make it, label it, and see what became of it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rayscope.model.names import (
    COMPONENT_LABEL,
    MANAGER,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_NAME_LABEL,
    pod_monitor,
)
from tests.control.samples import is_service, services
from tests.plane import Plane
from tests.plane.resources import CONFIG_MAPS, EVENTS, POD_MONITORS, PODS, RAY_CLUSTERS, RAY_SERVICES
from tests.plane.waiting import eventually

Object = dict[str, Any]


def exporters(plane: Plane, namespace: str) -> list[Object]:
    """The ConfigMaps with exporters that are there to stay."""
    found = plane.client.list(CONFIG_MAPS.path(namespace), labels=f"{COMPONENT_LABEL}=exporter")
    return [each for each in found if not each["metadata"].get("deletionTimestamp")]


def exporter_names(plane: Plane, namespace: str) -> set[str]:
    return {each["metadata"]["name"] for each in exporters(plane, namespace)}


@dataclass(frozen=True)
class Service:
    """A RayService in the cluster."""

    plane: Plane
    namespace: str
    name: str

    @classmethod
    def create(
        cls,
        plane: Plane,
        namespace: str,
        *,
        label: str | None = None,
        name: str = "llm",
        edit: Callable[[Object], None] | None = None,
    ) -> "Service":
        """From KubeRay's smallest sample, with an edit of it."""
        (sample,) = filter(is_service, services(plane.samples)["sample"])
        manifest = copy.deepcopy(sample)
        manifest["metadata"] = {"name": name, "namespace": namespace} | (
            {"labels": {MONITOR_LABEL: label}} if label else {}
        )
        if edit:
            edit(manifest)
        plane.client.create(RAY_SERVICES.path(namespace), manifest)
        return cls(plane, namespace, name)

    @property
    def path(self) -> str:
        return RAY_SERVICES.path(self.namespace, self.name)

    @property
    def monitor_path(self) -> str:
        return POD_MONITORS.path(self.namespace, pod_monitor(self.name))

    def label(self, value: str | None = MONITOR_VALUE) -> None:
        """Set the opt-in label; None takes it off."""
        self.plane.client.patch(self.path, {"metadata": {"labels": {MONITOR_LABEL: value}}})

    def clusters(self) -> list[Object]:
        labels = f"{RAY_ORIGIN_NAME_LABEL}={self.name}"
        return self.plane.client.list(RAY_CLUSTERS.path(self.namespace), labels=labels)

    def cluster(self) -> Object:
        """Its first RayCluster, once KubeRay has made it."""
        return eventually(self.clusters, f"KubeRay makes a RayCluster for {self.name}")[0]

    def pods(self) -> list[Object]:
        return self.plane.client.list(PODS.path(self.namespace))

    def head_and_workers(self) -> list[Object]:
        """Its pods, once KubeRay has made a head and a worker."""
        return eventually(lambda: found if len(found := self.pods()) > 1 else [], f"KubeRay makes pods for {self.name}")

    def monitor(self) -> Object | None:
        return self.plane.client.find(self.monitor_path)

    def monitored(self) -> Object:
        """Its PodMonitor, once there is one that selects its clusters."""
        self.cluster()
        return eventually(lambda: self._selecting() or {}, f"a PodMonitor selects the clusters of {self.name}")

    def events(self, reason: str) -> list[Object]:
        """Rayscope's events of a reason on the RayService."""
        return [
            event
            for event in self.plane.client.list(EVENTS.path(self.namespace))
            if event["involvedObject"]["kind"] == "RayService"
            and event["involvedObject"]["name"] == self.name
            and event["reason"] == reason
            and event["source"]["component"] == MANAGER
        ]

    def told(self, reason: str) -> str:
        """The message of an event of a reason, once it is there."""
        return str(eventually(lambda: self.events(reason), f"an event {reason} on {self.name}")[0]["message"])

    def _selecting(self) -> Object | None:
        clusters = {cluster["metadata"]["name"] for cluster in self.clusters()}
        monitor = self.monitor()
        expressions = monitor["spec"]["selector"].get("matchExpressions", ()) if monitor else ()
        selected = {value for expression in expressions for value in expression["values"]}
        return monitor if clusters <= selected else None
