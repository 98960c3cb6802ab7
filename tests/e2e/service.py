"""A RayService that serves the tests' application: its objects, its pods, its clients, and its replicas' ledgers."""

import http.client
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rayscope.model.names import (
    EXPORTER_CONTAINER,
    RAY_CLUSTER_LABEL,
    RAY_NODE_TYPE_LABEL,
    RAY_ORIGIN_NAME_LABEL,
    pod_monitor,
)
from tests.e2e.figures import FIGURES
from tests.e2e.ground import Ground
from tests.e2e.manifests import ray_service
from tests.e2e.prometheus import Prometheus
from tests.plane.client import Access, ApiError, Client, Manifest, Query
from tests.plane.progress import step
from tests.plane.resources import PODS, RAY_CLUSTERS, RAY_SERVICES, SERVICES, VLLM_MONITORS
from tests.plane.waiting import eventually

LEDGER = "cat /tmp/e2e/ledger/*.jsonl 2>/dev/null || true"
# What an earlier container's replica was may be anybody now, or a thread: /proc has those, too, though unlisted.
LIVING = r"""cd /tmp/e2e/ledger && for name in *.jsonl; do
    pid=${name%.jsonl}; cd /proc/$pid 2>/dev/null || continue
    grep -qs ServeReplica cmdline && grep -qs "^Tgid:\s*$pid$" status && echo $pid; done; true"""
PARALLEL = 8
REPLICAS = 4
LIMIT = 400.0
"""Seconds: nothing here takes so long, on whatever machine."""
TICKS = 64
"""Latencies are counted in the ledger in parts of a second that make whole numbers of them."""


@dataclass(frozen=True)
class Request:
    """What a client asks to be counted. Latencies are binary fractions, so that their sums are exact."""

    prompt: int
    tokens: int
    latency: float


@dataclass(frozen=True)
class Answer:
    """True if there was one; else it holds what was said instead."""

    trouble: str = ""

    def __bool__(self) -> bool:
        return not self.trouble


@dataclass(frozen=True)
class Service:
    """By its name, whether it is there or not."""

    ground: Ground
    namespace: str
    name: str = "llm"

    def apply(self, labels: dict[str, str]) -> None:
        manifest = ray_service(self.namespace, self.name, self.ground.ray, labels)
        self.ground.cluster.client.create(RAY_SERVICES.path(self.namespace), manifest)

    def start(self, labels: dict[str, str]) -> None:
        """Apply it, and wait until it serves."""
        self.apply(labels)
        self.serves()

    def serves(self) -> None:
        """Wait until all of its replicas have a ledger."""
        with step(f"RayService {self.name}", "waiting for it to serve") as current:
            eventually(self.is_ready, f"RayService {self.name} is Ready", LIMIT)
            eventually(lambda: len(self.living()) == REPLICAS, "all replicas count", LIMIT)
            current.outcome = "Ready"

    def is_ready(self) -> bool:
        return _holds(self.ground.cluster.client.get(RAY_SERVICES.path(self.namespace, self.name)), "Ready")

    def clusters(self) -> list[Manifest]:
        selector = f"{RAY_ORIGIN_NAME_LABEL}={self.name}"
        return self.ground.cluster.client.list(RAY_CLUSTERS.path(self.namespace), labels=selector)

    def pods(self) -> list[Manifest]:
        """Ray's, of all its clusters."""
        return self.ground.cluster.client.list(PODS.path(self.namespace), labels=RAY_CLUSTER_LABEL)

    def pods_are_ready(self) -> bool:
        """Whether all of them are: the service is with its head, and then its workers join in."""
        return bool(pods := self.pods()) and all(map(is_ready, pods))

    def pod(self, pod: Manifest) -> Manifest:
        """As it is now."""
        return self.ground.cluster.client.get(PODS.path(self.namespace, pod["metadata"]["name"]))

    def monitor(self) -> Manifest:
        return self.ground.cluster.client.find(VLLM_MONITORS.path(self.namespace, self.name)) or {}

    def says(self, condition: str, reason: str) -> bool:
        """Whether its VLLMMonitor does."""
        conditions = self.monitor().get("status", {}).get("conditions", ())
        return any(each["type"] == condition and each["reason"] == reason for each in conditions)

    def source(self) -> str:
        """Of vLLM's metrics, as its VLLMMonitor says; nothing if it says nothing yet."""
        return str(self.monitor().get("status", {}).get("source", ""))

    def is_monitored(self) -> bool:
        return _holds(self.monitor(), "Ready")

    def sh(self, pod: Manifest, script: str, container: str = "") -> str:
        """What a shell in the Ray container prints, or in another one."""
        inside = f"--container={container or ray_container(pod)}"
        words = ("exec", pod["metadata"]["name"], inside, "--", "sh", "-c", script)
        return self.ground.cluster.kubectl(f"--namespace={self.namespace}", *words)

    def replicas(self, pod: Manifest) -> list[int]:
        """Process ids of the replicas that live in a pod."""
        return [int(line) for line in self.sh(pod, LIVING).split()]

    def living(self) -> list[int]:
        """All of them."""
        return [pid for pod in self.pods() if is_running(pod) for pid in self.replicas(pod)]

    def ledger(self) -> dict[str, Counter[str]]:
        """What all replicas that ever lived have intended, and what they committed."""
        sums: dict[str, Counter[str]] = {"intended": Counter(), "committed": Counter()}
        for pod in self.pods():
            for line in self.sh(pod, LEDGER).splitlines():
                entry = json.loads(line)
                counts = {"requests": 1, "prompt": entry["prompt"], "tokens": entry["tokens"]}
                counts["ticks"] = int(entry["latency"] * TICKS)
                sums[entry["step"]].update(counts)
        return sums

    def ask(self, requests: list[Request], *, until: str = "") -> list[Answer]:
        """Send them, PARALLEL at a time. With UNTIL, all at once, and answers wait for it."""
        with ThreadPoolExecutor(len(requests) if until else PARALLEL) as pool:
            return list(pool.map(lambda request: self._answered(request, until), requests))

    def release(self, until: str) -> None:
        for pod in filter(is_running, self.pods()):
            self.sh(pod, f"touch /tmp/e2e/{until}")

    def total(self, family: str, **labels: str) -> float | None:
        """The sum in Prometheus over all of the service's pods."""
        matchers = {"__name__": family, "namespace": self.namespace, **labels}
        selector = ", ".join(f'{name}="{value}"' for name, value in matchers.items())
        return Prometheus(self.ground.cluster.client).value(f"sum({{{selector}}})")

    def shows(self, family: str, expected: float | None, story: str = "", **labels: str) -> None:
        """Wait until that sum is what is EXPECTED, where None is no series, and note both."""
        told: list[float | None] = []

        def equal() -> bool:
            told.append(self.total(family, **labels))
            return told[-1] == expected

        eventually(equal, f"sum({family}) is {expected}", LIMIT)
        FIGURES.compared(", ".join(filter(None, (family, story))), expected, told[-1])

    def up(self, monitor: str = "") -> list[str]:
        """The pod of each target that is up, and nothing if one is down; of another MONITOR than the main one."""
        job = f"{self.namespace}/{monitor or pod_monitor(self.name)}"
        series = Prometheus(self.ground.cluster.client).series(f'up{{job="{job}"}}')
        return sorted(one["metric"]["pod"] for one in series) if all(one["value"][1] == "1" for one in series) else []

    def is_scraped(self) -> bool:
        """Whether each of its pods is, at the exporter's port and at Ray's own, and nothing else."""
        return self.up() == sorted(2 * [pod["metadata"]["name"] for pod in self.pods()])

    def standing(self) -> list[tuple[str, int, str]]:
        """Of each pod that is Ready its name, since when it is, and how often its exporter's container has begun."""
        return [
            (pod["metadata"]["name"], exporter(pod)["restartCount"], readiness(pod)["lastTransitionTime"])
            for pod in self.pods()
            if is_ready(pod)
        ]

    def _answered(self, request: Request, until: str) -> Answer:
        path = SERVICES.path(self.namespace, f"{self.name}-serve-svc:serve", "proxy/generate")
        query: Query = {
            "prompt": request.prompt,
            "tokens": request.tokens,
            "latency": str(request.latency),
            "until": until,
        }
        with Client(Access.from_kubeconfig(self.ground.cluster.kubeconfig), timeout=300) as client:
            try:
                client.request("GET", path, query=query)
            except (ApiError, OSError, http.client.HTTPException) as trouble:
                return Answer(repr(trouble))
        return Answer()


def troubles(answers: Iterable[Answer]) -> list[str]:
    """What was said instead of answers."""
    return [answer.trouble for answer in answers if not answer]


def containers(pod: Manifest) -> Iterator[str]:
    """Names of all that run as long as the pod does, sidecars included."""
    for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())):
        yield container["name"]


def node_type(pod: Manifest) -> str:
    return str(pod["metadata"]["labels"][RAY_NODE_TYPE_LABEL])


def ray_container(pod: Manifest) -> str:
    return str(pod["spec"]["containers"][0]["name"])


def state(pod: Manifest, container: str) -> Manifest:
    """The status of one of its containers."""
    status = pod["status"]
    statuses = (*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ()))
    return next(each for each in statuses if each["name"] == container)


def exporter(pod: Manifest) -> Manifest:
    return state(pod, EXPORTER_CONTAINER)


def readiness(pod: Manifest) -> Manifest:
    found: Manifest = next(each for each in pod["status"]["conditions"] if each["type"] == "Ready")
    return found


def is_ready(pod: Manifest) -> bool:
    """Also of one that the kubelet has not seen yet."""
    return _holds(pod, "Ready")


def is_running(pod: Manifest) -> bool:
    """Whether its Ray container is, as far as the kubelet has told: commands can be run in it."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return any("running" in each["state"] for each in statuses if each["name"] == ray_container(pod))


def _holds(found: Manifest, kind: str) -> bool:
    conditions = found.get("status", {}).get("conditions", ())
    return any(each["type"] == kind and each["status"] == "True" for each in conditions)
