"""How long Rayscope takes for a cluster full of services, as a share of what KubeRay takes for their RayClusters.

The services are made while neither runs. Then KubeRay alone: from its start until every RayCluster exists. Then
Rayscope alone: from the start of its process until every child is applied, and the exporter is beside them. One run,
the same objects, one API server.
"""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from tests.control.rayscope import Rayscope
from tests.control.samples import is_service, services
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import CONFIG_MAPS, NAMESPACES, POD_MONITORS, RAY_CLUSTERS, RAY_SERVICES, Resource
from tests.plane.waiting import eventually

SERVICES = 1000
LIMIT = 600.0
NAMESPACE = "many"


def lines() -> Iterator[dict[str, Any]]:
    with Plane() as plane, HeldPort() as webhook, HeldPort() as health:
        plane.stop_kuberay()
        make_services(plane)
        began = time.monotonic()
        plane.start_kuberay()
        kuberay = seconds(began, lambda: count(plane, RAY_CLUSTERS))
        plane.stop_kuberay()
        rayscope = Rayscope(plane, webhook, health)
        rayscope.install()
        began = time.monotonic()
        rayscope.start()
        applied = seconds(began, lambda: count(plane, POD_MONITORS) if count(plane, CONFIG_MAPS) > 1 else 0)
        yield {
            "bench": "converge",
            "services": SERVICES,
            "kuberay_s": round(kuberay, 2),
            "rayscope_s": round(applied, 2),
            "ratio": round(applied / kuberay, 3),
            "rss_mib": round(rayscope.peak_memory() / 2**20, 1),
        }
        rayscope.stop()


def make_services(plane: Plane) -> None:
    (sample,) = filter(is_service, services(plane.samples)["sample"])
    plane.client.create(NAMESPACES.path(), {"metadata": {"name": NAMESPACE}})
    for number in range(SERVICES):
        manifest = copy.deepcopy(sample)
        labels = {MONITOR_LABEL: MONITOR_VALUE}
        manifest["metadata"] = {"name": f"llm-{number}", "namespace": NAMESPACE, "labels": labels}
        plane.client.create(RAY_SERVICES.path(NAMESPACE), manifest)


def seconds(began: float, made: Callable[[], int]) -> float:
    """From BEGAN until all are made."""
    eventually(lambda: made() >= SERVICES, f"{SERVICES} are made", limit=LIMIT)
    return time.monotonic() - began


def count(plane: Plane, resource: Resource) -> int:
    """How many there are: the server says how many it left out of a page of one. (One ConfigMap is Kubernetes' own.)"""
    page = plane.client.get(resource.path(NAMESPACE), limit=1)
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))
