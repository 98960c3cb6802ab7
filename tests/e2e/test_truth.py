"""A labelled RayService from its first pod to its worst day: what Prometheus says of it is the truth."""

import random
import threading

import pytest

from rayscope.model.names import EXPORTER_CONTAINER, MONITOR_LABEL, MONITOR_VALUE, RAY_NODE_TYPE_LABEL
from tests.e2e.ground import Ground
from tests.e2e.manifests import SLOTS
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import Request, Service, containers
from tests.plane.progress import step
from tests.plane.waiting import eventually

LIMIT = 400.0
RUNNING = "vllm:num_requests_running"
CHANCE = random.Random(7)


@pytest.fixture(scope="module")
def service(ground: Ground, namespace: str) -> Service:
    """Labelled before it is applied, and serving. Its stories follow each other, and its counters go on."""
    made = Service(ground, namespace)
    with step("RayService", "waiting for it to serve") as current:
        made.apply({MONITOR_LABEL: MONITOR_VALUE})
        eventually(made.is_ready, "the RayService is Ready", LIMIT)
        eventually(lambda: _replicas(made) == 2 * SLOTS, "all replicas count", LIMIT)
        current.outcome = "Ready"
    return made


def test_one_label_is_all_that_it_takes(service: Service) -> None:
    assert len(service.clusters()) == 1
    pods = service.pods()
    assert sorted(pod["metadata"]["labels"][RAY_NODE_TYPE_LABEL] for pod in pods) == ["head", "worker"]
    assert all(EXPORTER_CONTAINER in containers(pod) for pod in pods)
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    expected = {"injected": "2/2", "reporting": "2/2"}
    eventually(lambda: service.monitor()["status"]["summary"] == expected, f"the VLLMMonitor says {expected}", LIMIT)
    names = sorted(2 * [pod["metadata"]["name"] for pod in pods])  # the exporter, and Ray's own port
    eventually(lambda: _up(service) == names, f"targets are up: {names}", LIMIT)


def test_sums_in_prometheus_are_the_clients_own(service: Service) -> None:
    requests = _requests(200)
    before = service.ledger()["committed"]
    assert all(service.ask(requests))
    tokens = before["tokens"] + sum(request.tokens for request in requests)
    prompt = before["prompt"] + sum(request.prompt for request in requests)
    count = before["requests"] + len(requests)
    latency = sum(request.latency for request in requests)
    assert before["requests"] == 0
    figures = {
        "vllm:generation_tokens_total": tokens,
        "vllm:prompt_tokens_total": prompt,
        "vllm:request_success_total": count,
        "vllm:iteration_tokens_total_sum": tokens + prompt,
        "vllm:iteration_tokens_total_count": count,
        "vllm:e2e_request_latency_seconds_sum": latency,
        "vllm:e2e_request_latency_seconds_count": count,
        "vllm:time_to_first_token_seconds_sum": latency / 4,
        "vllm:inter_token_latency_seconds_sum": latency / 64,
    }
    for family, expected in figures.items():
        _shows(service, family, expected)


def test_requests_that_run_are_seen_running(service: Service) -> None:
    held = threading.Thread(target=service.ask, args=(_requests(11),), kwargs={"until": "seen"})
    held.start()
    try:
        _shows(service, RUNNING, 11)
    finally:
        service.release("seen")
        held.join()
    _shows(service, RUNNING, 0)


def test_killed_replicas_take_nothing_with_them_and_leave_nothing_behind(service: Service) -> None:
    for time in range(3):
        _kill_in_the_middle(service, f"round-{time}")
    ledger = service.ledger()
    intended, committed = ledger["intended"], ledger["committed"]
    assert intended["requests"] > committed["requests"], "no replica died in the middle of a request"
    names = {"tokens": "vllm:generation_tokens_total", "prompt": "vllm:prompt_tokens_total"}
    for what, family in {**names, "requests": "vllm:request_success_total"}.items():

        def between(what: str = what, family: str = family) -> bool:
            return committed[what] <= (service.total(family) or 0) <= intended[what]

        eventually(between, f"{family} lies between {committed[what]} and {intended[what]}", LIMIT)
        print(f"{family}: {committed[what]} <= {service.total(family)} <= {intended[what]}")
    for family in names.values():
        resets = f'sum(resets({{__name__="{family}", namespace="{service.namespace}"}}[15m]))'
        assert Prometheus(service.ground.cluster.client).value(resets) == 0


def _requests(number: int) -> list[Request]:
    def one() -> Request:
        return Request(CHANCE.randrange(1, 2000), CHANCE.randrange(1, 500), CHANCE.randrange(1, 640) / 64)

    return [one() for _ in range(number)]


def _shows(service: Service, family: str, expected: float) -> None:
    eventually(lambda: service.total(family) == expected, f"sum({family}) is {expected}", LIMIT)
    print(f"{family}: {expected} == {service.total(family)}")


def _up(service: Service) -> list[str]:
    """The pod of each target that is up, and nothing if one is down."""
    series = Prometheus(service.ground.cluster.client).series(f'up{{namespace="{service.namespace}"}}')
    return sorted(one["metric"]["pod"] for one in series) if all(one["value"][1] == "1" for one in series) else []


def _replicas(service: Service) -> int:
    return sum(len(service.replicas(pod)) for pod in service.pods())


def _kill_in_the_middle(service: Service, release: str) -> None:
    """One replica of every pod, while it has requests to answer and others are answered."""
    held = threading.Thread(target=service.ask, args=(_requests(12),), kwargs={"until": release})
    others = threading.Thread(target=service.ask, args=(_requests(100),))
    held.start()
    _shows(service, RUNNING, 12)
    others.start()
    for pod in service.pods():
        service.sh(pod, f"kill -9 {CHANCE.choice(service.replicas(pod))}")
    service.release(release)
    held.join()
    others.join()
    eventually(lambda: _replicas(service) == 2 * SLOTS, "replicas are replaced", LIMIT)
    _shows(service, RUNNING, 0)
