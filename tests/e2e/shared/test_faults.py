"""What goes wrong with Rayscope's part of a pod is Rayscope's alone: Ray's pods stay Ready, and serving never fails."""

from functools import partial

import pytest

from rayscope.model.names import EXPORTER_CONTAINER, MONITOR_LABEL, MONITOR_VALUE
from tests.e2e.exporters import killed, said
from tests.e2e.figures import FIGURES
from tests.e2e.ground import RAYSCOPE, SYSTEM, Ground, rolled_out
from tests.e2e.service import LIMIT, REPLICAS, Service, exporter, is_ready, node_type
from tests.e2e.traffic import traffic
from tests.plane.client import Manifest
from tests.plane.resources import VLLM_MONITORS
from tests.plane.waiting import eventually

FLOOD = 50_000
NO_PYTHON = "idle: there is no python3 or python on PATH"
FAILURES = "rayscope_exporter_failures_total"


def test_an_exporter_that_is_killed_is_started_again_and_nothing_else_happens(service: Service) -> None:
    before = service.standing()
    with traffic(service) as clients:
        killed(service)
    clients.all_answered("both exporters killed")
    assert service.standing() == before


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
    clients.all_answered("exporters' containers ended in turn")
    assert service.is_ready()


def test_more_than_it_has_memory_for_costs_scrapes_and_is_told(service: Service) -> None:
    before, (worker,) = service.standing(), _of_type(service, "worker")
    name = worker["metadata"]["name"]
    which = {"pod": name, "reason": "memory"}
    eventually(lambda: service.total(FAILURES, **which) == 0, "it has had memory for all scrapes", LIMIT)
    with traffic(service) as clients:
        writers = [service.sh(worker, f"python -m writer flood {FLOOD}").strip() for _ in range(3)]
        eventually(lambda: "scrape has failed: memory" in said(service, worker), "there is no memory for it", LIMIT)
        eventually(lambda: service.total("up", pod=name, endpoint="vllm-metrics") == 0, "its target is down", LIMIT)
        _look_anew(service.ground)
        eventually(lambda: service.says("Reporting", "SomeOutOfMemory"), "the VLLMMonitor says why", LIMIT)
        service.sh(worker, f"kill -9 {' '.join(writers)}")
        eventually(service.is_scraped, "its target is up again", LIMIT)
        eventually(lambda: service.total(FAILURES, **which), "it says why", LIMIT)
    clients.all_answered("exporter out of memory")
    assert service.standing() == before


def test_an_image_without_python_leaves_an_exporter_that_idles_and_says_so(ground: Ground, namespace: str) -> None:
    bare = Service(ground, namespace, "bare")
    spec = {"injection": {"exporter": {"image": ground.without_python}}}
    monitor = {"apiVersion": VLLM_MONITORS.api_version, "kind": "VLLMMonitor", "metadata": {"name": bare.name}}
    ground.cluster.client.create(VLLM_MONITORS.path(namespace), {**monitor, "spec": spec})
    bare.start({MONITOR_LABEL: MONITOR_VALUE})
    eventually(bare.pods_are_ready, "all of its pods are Ready", LIMIT)
    with traffic(bare) as clients:
        for pod in bare.pods():
            eventually(partial(_idles, bare, pod), "its exporter idles", LIMIT)
        eventually(lambda: bare.says("Reporting", "SomeSilent"), "the VLLMMonitor says who is silent", LIMIT)
    clients.all_answered("without Python")
    assert bare.pods_are_ready()
    summary = bare.monitor()["status"]["summary"]
    FIGURES.compared("pods that report, without Python", "0/2", summary["reporting"])
    assert summary == {"injected": "2/2", "reporting": "0/2"}


def test_what_was_told_of_it_is_not_told_for_ever(service: Service) -> None:
    eventually(lambda: service.says("Reporting", "AllReporting"), "the VLLMMonitor says that all report", LIMIT)
    FIGURES.compared("pods that report again", "2/2", service.monitor()["status"]["summary"]["reporting"])
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)


@pytest.fixture(autouse=True)
def _serving(request: pytest.FixtureRequest) -> None:
    """A story that begins on what the one before has left broken would tell nothing."""
    if "service" in request.fixturenames:
        shared: Service = request.getfixturevalue("service")
        eventually(lambda: len(shared.living()) == REPLICAS, "all replicas live", LIMIT)
        eventually(shared.is_scraped, "all targets are up", LIMIT)


def _look_anew(ground: Ground) -> None:
    """Who has told all is asked again by a new leader, or ten minutes later."""
    ground.cluster.kubectl(f"--namespace={SYSTEM}", "rollout", "restart", RAYSCOPE)
    rolled_out(ground.cluster, SYSTEM, RAYSCOPE)


def _idles(service: Service, pod: Manifest) -> bool:
    return NO_PYTHON in said(service, pod)


def _of_type(service: Service, wanted: str) -> list[Manifest]:
    return [pod for pod in service.pods() if node_type(pod) == wanted]
