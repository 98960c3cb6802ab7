"""A labelled RayService from its first pod to its worst day: what Prometheus says of it is the truth."""

import random
import threading
import time

from rayscope.model.names import EXPORTER_CONTAINER, RAY_NODE_TYPE_LABEL
from tests.e2e.figures import FIGURES
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import (
    LIMIT,
    REPLICAS,
    TICKS,
    Request,
    Service,
    containers,
    node_type,
    ray_container,
    state,
    troubles,
)
from tests.plane.client import Manifest
from tests.plane.waiting import eventually

RUNNING = "vllm:num_requests_running"
TOKENS = "vllm:generation_tokens_total"
COUNTED = {"tokens": TOKENS, "prompt": "vllm:prompt_tokens_total", "requests": "vllm:request_success_total"}
SCRAPES = 2
LINE = {"model_name": "line"}
WRITTEN, INHERITED = 1000, 7
CHANCE = random.Random(7)


def test_one_label_is_all_that_it_takes(service: Service) -> None:
    assert len(service.clusters()) == 1
    pods = service.pods()
    assert sorted(pod["metadata"]["labels"][RAY_NODE_TYPE_LABEL] for pod in pods) == ["head", "worker"]
    assert all(EXPORTER_CONTAINER in containers(pod) for pod in pods)
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    expected = {"injected": "2/2", "reporting": "2/2"}
    eventually(lambda: service.monitor()["status"]["summary"] == expected, f"the VLLMMonitor says {expected}", LIMIT)
    eventually(service.is_scraped, "all targets are up", LIMIT)
    FIGURES.compared("targets that are up, of 2 pods with 2 ports", 2 * len(pods), len(service.up()))


def test_sums_in_prometheus_are_the_clients_own(service: Service) -> None:
    requests = _requests(200)
    before = service.ledger()["committed"]
    assert troubles(service.ask(requests)) == []
    tokens = before["tokens"] + sum(request.tokens for request in requests)
    prompt = before["prompt"] + sum(request.prompt for request in requests)
    count = before["requests"] + len(requests)
    latency = before["ticks"] / TICKS + sum(request.latency for request in requests)
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
    for number in range(3):
        _kill_in_the_middle(service, f"round-{number}")
    ledger = service.ledger()
    assert ledger["intended"]["requests"] > ledger["committed"]["requests"], "no replica died in mid-request"
    _lies_between(service)


def test_a_gauge_outlives_its_process_by_two_scrapes_at_most(service: Service) -> None:
    held = threading.Thread(target=service.ask, args=(_requests(8),), kwargs={"until": "stale"})
    held.start()
    _shows(service, RUNNING, 8)
    pod = service.pods()[0]
    killed = service.replicas(pod)[0]
    which = f'{{pod="{pod["metadata"]["name"]}", pid="{killed}", namespace="{service.namespace}"}}'
    prometheus = Prometheus(service.ground.cluster.client)
    assert prometheus.series(RUNNING + which)
    moment = time.time()
    service.sh(pod, f"kill -9 {killed}")
    eventually(lambda: not prometheus.series(RUNNING + which), "its gauge is gone", LIMIT)
    (series,) = prometheus.series(f"{RUNNING}{which}[5m]")
    late = [when for when, _ in series["values"] if when > moment]
    FIGURES.compared("scrapes with the gauge of a process after its end", f"<= {SCRAPES}", len(late))
    assert len(late) <= SCRAPES
    service.release("stale")
    held.join()
    eventually(lambda: len(service.living()) == REPLICAS, "the replica is replaced", LIMIT)
    _shows(service, RUNNING, 0)


def test_a_container_that_starts_again_with_old_process_ids_loses_and_resurrects_nothing(service: Service) -> None:
    (worker,) = (pod for pod in service.pods() if node_type(pod) == "worker")
    dead = [int(pid) for pid in service.sh(worker, f"python -m writer line 20000 {WRITTEN}").split()]
    counted = WRITTEN * len(dead)
    _shows(service, TOKENS, counted, **LINE)
    _restart_ray(service, worker)
    _shows(service, RUNNING, None, **LINE)
    heir = int(service.sh(worker, f"python -m writer heir {INHERITED} {' '.join(map(str, dead))}"))
    assert heir in dead
    _shows(service, RUNNING, INHERITED, **LINE)
    _shows(service, TOKENS, counted + INHERITED, **LINE)
    service.sh(worker, f"kill -9 {heir}")
    _shows(service, RUNNING, None, **LINE)
    _shows(service, TOKENS, counted + INHERITED, **LINE)
    assert troubles(service.ask(_requests(50))) == []
    _lies_between(service)


def _requests(number: int) -> list[Request]:
    def one() -> Request:
        return Request(CHANCE.randrange(1, 2000), CHANCE.randrange(1, 500), CHANCE.randrange(1, 640) / TICKS)

    return [one() for _ in range(number)]


def _shows(service: Service, family: str, expected: float | None, **labels: str) -> None:
    eventually(lambda: service.total(family, **labels) == expected, f"sum({family}) is {expected}", LIMIT)
    FIGURES.compared(family, expected, service.total(family, **labels))


def _lies_between(service: Service) -> None:
    """What is shown is at least what was committed and at most what was intended, and never fell."""
    ledger = service.ledger()
    for what, family in COUNTED.items():
        least, most = ledger["committed"][what], ledger["intended"][what]

        def between(family: str = family, least: int = least, most: int = most) -> bool:
            return least <= (service.total(family, model_name="tiny") or 0) <= most

        eventually(between, f"{family} lies between {least} and {most}", LIMIT)
        FIGURES.compared(family, f"{least} ... {most}", service.total(family, model_name="tiny"))
        resets = f'sum(resets({{__name__="{family}", namespace="{service.namespace}"}}[15m]))'
        assert Prometheus(service.ground.cluster.client).value(resets) == 0


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
    eventually(lambda: len(service.living()) == REPLICAS, "replicas are replaced", LIMIT)
    _shows(service, RUNNING, 0)


def _restart_ray(service: Service, pod: Manifest) -> None:
    """Ray ends with its raylet, and the kubelet starts its container again, with its process ids from 1 on."""
    name = ray_container(pod)
    before = state(pod, name)["restartCount"]
    service.sh(pod, "pkill -9 raylet")

    def again() -> bool:
        now = state(service.pod(pod), name)
        return bool(now["restartCount"] > before and now["ready"])

    eventually(again, "Ray's container has started again", LIMIT)
    eventually(lambda: len(service.living()) == REPLICAS, "its replicas are back", LIMIT)
    eventually(service.is_ready, "the RayService is Ready", LIMIT)
