"""The first half of the demo: from a label to injected pods and a monitor that selects them."""

import base64
import sys
from pathlib import Path
from typing import Any

import yaml

from rayscope.model.names import (
    EXPORTER_FILE,
    EXPORTER_VOLUME,
    MONITOR_LABEL,
    MONITOR_VALUE,
    MULTIPROC_VARIABLE,
    RAY_NODE_TYPE_LABEL,
    pod_monitor,
)
from tests.control.pods import parts
from tests.control.samples import documents, is_service, placed
from tests.demo.story import Story
from tests.plane import Plane
from tests.plane.resources import CONFIG_MAPS, EVENTS, POD_MONITORS, PODS, RAY_CLUSTERS
from tests.plane.waiting import eventually

NAMESPACE = "default"
SAMPLE = "ray-service.llm-serve.yaml"
Object = dict[str, Any]


class Stage:
    """The plane, and what happens on it."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        (self._service,) = filter(is_service, documents(plane.samples / SAMPLE))
        self._name: str = self._service["metadata"]["name"]
        self._pods: list[Object] = []

    def start_operator(self) -> None:
        """A process of its own, against the plane's kubeconfig; on free ports."""
        rayscope = Path(sys.executable).with_name("rayscope")
        operator = self.plane.start("rayscope", [rayscope, "operator", "--dev", "--webhook-port=0", "--health-port=0"])
        eventually(lambda: operator.has_said("leads") or operator.exit_status() is not None, "Rayscope leads")
        if operator.exit_status() is not None:
            raise SystemExit(f"Rayscope ended:\n{self.plane.logs()['rayscope']}")

    def apply(self, story: Story) -> None:
        labelled = [
            placed(document, NAMESPACE, **({MONITOR_LABEL: MONITOR_VALUE} if is_service(document) else {}))
            for document in documents(self.plane.samples / SAMPLE)
        ]
        story.say(f"{SAMPLE}, with the label [bold]{MONITOR_LABEL}: {MONITOR_VALUE}[/]")
        for line in self.plane.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(labelled)).splitlines():
            story.say(f"[dim]{line}[/]")

    def show_cluster(self, story: Story) -> None:
        self._pods = eventually(self._head_and_workers, "KubeRay has made a head and workers")
        clusters = self.plane.client.list(RAY_CLUSTERS.path(NAMESPACE))
        story.check("exactly one RayCluster", holds=len(clusters) == 1, seen=", ".join(map(name_of, clusters)))
        story.table(
            ("pod", MULTIPROC_VARIABLE, "mount", "volume", "exporter"),
            [(name_of(pod), *("yes" if part else "NO" for part in parts(pod))) for pod in self._pods],
        )
        story.check("every pod carries all of it", holds=all(all(parts(pod)) for pod in self._pods))
        for event in eventually(self._events, "an event on the RayService"):
            story.say(f"[dim]event on the RayService: {event['reason']}: {event['message']}[/]")

    def show_monitor(self, story: Story) -> None:
        path = POD_MONITORS.path(NAMESPACE, pod_monitor(self._name))
        cluster = name_of(self.plane.client.list(RAY_CLUSTERS.path(NAMESPACE))[0])
        monitor = eventually(lambda: self._monitor_of(path, cluster), "a PodMonitor that selects the cluster")
        spec = monitor["spec"]
        story.say(f"PodMonitor {name_of(monitor)}, pods with {selector_text(spec['selector'])}")
        ports = [endpoint["port"] for endpoint in spec["podMetricsEndpoints"]]
        story.check(
            "it scrapes the exporter and Ray's own port", holds=ports == ["vllm-metrics", "metrics"], seen=ports
        )
        owners = [owner["kind"] for owner in monitor["metadata"]["ownerReferences"]]
        story.check("the RayService owns it", holds=owners == ["RayService"])

    def exporter(self) -> bytes:
        """The program that the pods' volume names: the file, from the ConfigMap."""
        volumes = self._pods[0]["spec"]["volumes"]
        (name,) = (volume["configMap"]["name"] for volume in volumes if volume["name"] == EXPORTER_VOLUME)
        config_map = self.plane.client.get(CONFIG_MAPS.path(NAMESPACE, name))
        return base64.b64decode(config_map["binaryData"][EXPORTER_FILE])

    def _head_and_workers(self) -> list[Object]:
        pods = self.plane.client.list(PODS.path(NAMESPACE))
        types = {pod["metadata"]["labels"].get(RAY_NODE_TYPE_LABEL) for pod in pods}
        return pods if {"head", "worker"} <= types else []

    def _events(self) -> list[Object]:
        events = self.plane.client.list(EVENTS.path(NAMESPACE))
        return [event for event in events if event.get("source", {}).get("component") == "rayscope"]

    def _monitor_of(self, path: str, cluster: str) -> Object:
        monitor = self.plane.client.find(path)
        return monitor if monitor and cluster in selector_text(monitor["spec"]["selector"]) else {}


def name_of(item: Object) -> str:
    return str(item["metadata"]["name"])


def selector_text(selector: Object) -> str:
    return " and ".join(
        f"{expression['key']} in {', '.join(expression['values'])}"
        for expression in selector.get("matchExpressions", ())
    )
