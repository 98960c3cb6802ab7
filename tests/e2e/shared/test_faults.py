"""What goes wrong with Rayscope's part of a pod is Rayscope's alone: Ray's pods stay Ready, and serving never fails."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rayscope.model.names import (
    EXPORTER_CONTAINER,
    EXPORTER_FILE,
    EXPORTER_MOUNT,
    EXPORTER_VOLUME,
    MONITOR_LABEL,
    MONITOR_VALUE,
)
from tests.e2e.exporters import killed
from tests.e2e.figures import FIGURES
from tests.e2e.ground import RELEASE, SYSTEM, Ground, rolled_out
from tests.e2e.service import LIMIT, REPLICAS, Service, exporter, is_ready, node_type
from tests.e2e.traffic import traffic
from tests.plane.client import Manifest
from tests.plane.resources import CONFIG_MAPS, PODS, VLLM_MONITORS
from tests.plane.waiting import eventually

FLOOD = 50_000
FAILURES = "rayscope_exporter_failures_total"


def test_an_exporter_that_is_killed_is_started_again_and_nothing_else_happens(service: Service) -> None:
    before = service.standing()
    with traffic(service) as clients:
        killed(service)
    assert clients.troubles == []
    assert service.standing() == before
    FIGURES.compared("answers, both exporters killed", len(clients.answers), clients.answered)


def test_a_container_that_ends_takes_its_pod_out_for_a_moment_and_the_other_one_serves(service: Service) -> None:
    with traffic(service) as clients:
        for pod in service.pods():
            before = exporter(service.pod(pod))["restartCount"]
            service.sh(pod, "kill -TERM 1", EXPORTER_CONTAINER)

            def again(pod: Manifest = pod, before: int = before) -> bool:
                now = service.pod(pod)
                return exporter(now)["restartCount"] > before and is_ready(now)

            eventually(again, "its container has started again", LIMIT)
            eventually(service.is_scraped, "it is scraped again", LIMIT)
    assert clients.troubles == []
    assert service.is_ready()
    FIGURES.compared("answers, exporters' containers ended in turn", len(clients.answers), clients.answered)


def test_more_than_it_has_memory_for_costs_scrapes_and_is_told(service: Service) -> None:
    before, (worker,) = service.standing(), _of_type(service, "worker")
    which = {"pod": worker["metadata"]["name"], "reason": "memory"}
    assert service.total(FAILURES, **which) == 0
    with traffic(service) as clients:
        writers = [service.sh(worker, f"python -m writer flood {FLOOD}").strip() for _ in range(3)]
        _logs(service, worker, "scrape has failed: memory")
        eventually(lambda: service.up() == [], "its target is down", LIMIT)
        service.sh(worker, f"kill -9 {' '.join(writers)}")
        eventually(service.is_scraped, "its target is up again", LIMIT)
        eventually(lambda: service.total(FAILURES, **which), "it says why", LIMIT)
    assert clients.troubles == []
    assert service.standing() == before
    FIGURES.compared("answers, exporter out of memory", len(clients.answers), clients.answered)


def test_a_pod_starts_and_serves_without_a_program_and_with_a_broken_one(service: Service) -> None:
    (worker,) = _of_type(service, "worker")
    path = _program(service, worker)
    with _without_rayscope(service.ground):
        lost = service.ground.cluster.client.get(path)
        service.ground.cluster.client.delete(path)
        worker = _replaced(service, worker)
        with traffic(service) as clients:
            _logs(service, worker, f"waiting: there is no {EXPORTER_MOUNT}/{EXPORTER_FILE} yet")
            service.ground.cluster.client.create(CONFIG_MAPS.path(service.namespace), _broken(lost))
            _logs(service, worker, "the exporter ended with status 1")
        assert clients.troubles == []
    eventually(lambda: service.says("Reporting", "SomeSilent"), "the VLLMMonitor says who is silent", LIMIT)
    assert service.monitor()["status"]["summary"]["reporting"] == "1/2"
    eventually(lambda: service.ground.cluster.client.get(path)["binaryData"] == lost["binaryData"], "it is back", LIMIT)
    eventually(lambda: _looked_at(service, worker) and service.is_monitored(), "the VLLMMonitor is Ready", LIMIT)
    eventually(service.is_scraped, "the new pod is scraped", LIMIT)
    assert is_ready(service.pod(worker))
    FIGURES.compared("answers, program missing, then broken", len(clients.answers), clients.answered)


def test_an_image_without_python_leaves_an_exporter_that_idles_and_says_so(ground: Ground, namespace: str) -> None:
    bare = Service(ground, namespace, "bare")
    spec = {"injection": {"exporter": {"image": ground.without_python}}}
    monitor = {"apiVersion": VLLM_MONITORS.api_version, "kind": "VLLMMonitor", "metadata": {"name": bare.name}}
    ground.cluster.client.create(VLLM_MONITORS.path(namespace), {**monitor, "spec": spec})
    bare.start({MONITOR_LABEL: MONITOR_VALUE})
    with traffic(bare) as clients:
        for pod in bare.pods():
            assert is_ready(pod)
            _logs(bare, pod, "idle: there is no python3 or python on PATH")
        eventually(lambda: bare.says("Reporting", "SomeSilent"), "the VLLMMonitor says who is silent", LIMIT)
    assert clients.troubles == []
    assert bare.monitor()["status"]["summary"] == {"injected": "2/2", "reporting": "0/2"}
    FIGURES.compared("pods that report, without Python", "0/2", bare.monitor()["status"]["summary"]["reporting"])


@pytest.fixture(autouse=True)
def _serving(request: pytest.FixtureRequest) -> None:
    """A story that begins on what the one before has left broken would tell nothing."""
    if "service" in request.fixturenames:
        shared: Service = request.getfixturevalue("service")
        eventually(lambda: len(shared.living()) == REPLICAS, "all replicas live", LIMIT)
        eventually(shared.is_scraped, "all targets are up", LIMIT)


@contextmanager
def _without_rayscope(ground: Ground) -> Iterator[None]:
    def scale(replicas: int) -> None:
        ground.cluster.kubectl(f"--namespace={SYSTEM}", "scale", f"deployment/{RELEASE}", f"--replicas={replicas}")

    scale(0)
    eventually(lambda: ground.cluster.client.list(PODS.path(SYSTEM)) == [], "Rayscope is gone", LIMIT)
    try:
        yield
    finally:
        scale(2)
        rolled_out(ground.cluster, SYSTEM, f"deployment/{RELEASE}")


def _of_type(service: Service, wanted: str) -> list[Manifest]:
    return [pod for pod in service.pods() if node_type(pod) == wanted]


def _program(service: Service, pod: Manifest) -> str:
    """The path of the ConfigMap that the exporter comes from."""
    (volume,) = (volume for volume in pod["spec"]["volumes"] if volume["name"] == EXPORTER_VOLUME)
    return CONFIG_MAPS.path(service.namespace, volume["configMap"]["name"])


def _broken(config_map: Manifest) -> Manifest:
    metadata = {key: config_map["metadata"][key] for key in ("name", "namespace", "labels")}
    data = base64.b64encode(b"this is no program\n").decode()
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "binaryData": {EXPORTER_FILE: data}}


def _replaced(service: Service, worker: Manifest) -> Manifest:
    """The worker that KubeRay makes in its place, when it serves."""
    service.ground.cluster.client.delete(PODS.path(service.namespace, worker["metadata"]["name"]))

    def another() -> Manifest | None:
        workers = _of_type(service, "worker")
        other = len(workers) == 1 and workers[0]["metadata"]["name"] != worker["metadata"]["name"]
        return workers[0] if other and is_ready(workers[0]) else None

    found = eventually(another, "another worker is Ready", LIMIT)
    eventually(lambda: len(service.living()) == REPLICAS, "its replicas live", LIMIT)
    assert found is not None
    return found


def _logs(service: Service, pod: Manifest, wanted: str) -> None:
    words = ("logs", pod["metadata"]["name"], f"--container={EXPORTER_CONTAINER}", "--tail=20")

    def told() -> bool:
        _looked_at(service, pod)
        return wanted in service.ground.cluster.kubectl(f"--namespace={service.namespace}", *words)

    eventually(told, f"the exporter's container says {wanted!r}", LIMIT)


def _looked_at(service: Service, pod: Manifest) -> bool:
    """Have the kubelet look at the pod's volumes now and not a minute later: at every change of the pod it does."""
    path = PODS.path(service.namespace, pod["metadata"]["name"])
    seen = int(service.pod(pod)["metadata"].get("annotations", {}).get("e2e", 0))
    service.ground.cluster.client.patch(path, {"metadata": {"annotations": {"e2e": str(seen + 1)}}})
    return True
