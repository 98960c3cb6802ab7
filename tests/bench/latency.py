"""How soon a new service has its PodMonitor: from the API server's answer to its creation until the monitor is seen."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

from rayscope.model.names import MONITOR_VALUE
from tests.control.rayscope import Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import NAMESPACES, POD_MONITORS

SERVICES = 100
NAMESPACE = "latency"


def lines() -> Iterator[dict[str, Any]]:
    """One at a time, while KubeRay makes clusters and pods for those before it."""
    with Plane() as plane, HeldPort() as webhook, HeldPort() as health:
        rayscope = Rayscope(plane, webhook, health)
        rayscope.install()
        rayscope.start()
        plane.client.create(NAMESPACES.path(), {"metadata": {"name": NAMESPACE}})
        taken = sorted(latency(plane, f"llm-{number}") for number in range(SERVICES))
        percentiles = statistics.quantiles(taken, n=100)
        yield {
            "bench": "latency",
            "what": "podmonitor",
            "services": SERVICES,
            "p50_ms": round(percentiles[49] * 1e3, 1),
            "p99_ms": round(percentiles[98] * 1e3, 1),
        }
        rayscope.stop()


def latency(plane: Plane, name: str) -> float:
    """Seconds, by a watch that is open before the service is made."""
    since = plane.client.get(POD_MONITORS.path(NAMESPACE), limit=1)["metadata"]["resourceVersion"]
    service = Service.create(plane, NAMESPACE, label=MONITOR_VALUE, name=name)
    began = time.monotonic()
    for event in plane.client.watch(POD_MONITORS.path(NAMESPACE), since=since, seconds=60):
        if event["type"] == "ADDED" and event["object"]["metadata"]["name"].startswith(service.name):
            return time.monotonic() - began
    raise AssertionError(f"no PodMonitor for {name} within a minute")
