"""Everything that happens to Ray's objects of a namespace while a story goes on: not what is left at its end."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.service import Service
from tests.plane.client import Access, Client, Manifest
from tests.plane.resources import RAY_CLUSTERS, RAY_SERVICES, Resource

WINDOW_SECONDS = 2


@dataclass
class Witness:
    """What it has seen of a service, each state of each object, the one at the beginning included."""

    clusters: list[Manifest] = field(default_factory=list)
    services: list[Manifest] = field(default_factory=list)

    @property
    def made(self) -> list[str]:
        """The names of all RayClusters that ever were, in their order."""
        return list(dict.fromkeys(cluster["metadata"]["name"] for cluster in self.clusters))

    @property
    def generations(self) -> list[int]:
        """The generations that the RayService had."""
        return sorted({service["metadata"]["generation"] for service in self.services})

    @property
    def readiness(self) -> list[str]:
        """What the RayService ever said of being Ready, in its order, without repetition."""
        said = (
            condition["status"]
            for service in self.services
            for condition in service.get("status", {}).get("conditions", ())
            if condition["type"] == "Ready"
        )
        return list(dict.fromkeys(said))


@contextmanager
def witness(service: Service) -> Iterator[Witness]:
    """For as long as the block takes."""
    seen, over = Witness(), threading.Event()
    access = Access.from_kubeconfig(service.ground.cluster.kubeconfig)

    def follow(resource: Resource, states: list[Manifest]) -> Future[None]:
        path = resource.path(service.namespace)
        with Client(access) as client:
            found = client.get(path)
        states.extend(found["items"])
        return pool.submit(_watch, access, path, found["metadata"]["resourceVersion"], states, over)

    with ThreadPoolExecutor(2) as pool:
        try:
            watching = [follow(RAY_CLUSTERS, seen.clusters), follow(RAY_SERVICES, seen.services)]
            yield seen
        finally:
            over.set()
    for each in watching:
        each.result()


def _watch(access: Access, path: str, since: str, states: list[Manifest], over: threading.Event) -> None:
    """One window after the other, each from where the one before ended."""
    with Client(access) as client:
        while not over.is_set():
            for event in client.watch(path, since=since, seconds=WINDOW_SECONDS):
                if event["type"] == "ERROR":
                    raise LookupError(f"{path}: {event['object'].get('message')}")
                states.append(event["object"])
                since = event["object"]["metadata"]["resourceVersion"]
