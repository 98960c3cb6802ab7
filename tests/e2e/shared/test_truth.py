"""A labelled RayService from its first pod to its worst day: what Prometheus says of it is the truth."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

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
from tests.e2e.traffic import held
from tests.plane.client import Manifest
from tests.plane.waiting import eventually

RUNNING = "vllm:num_requests_running"
TOKENS = "vllm:generation_tokens_total"
LATENCY = "vllm:e2e_request_latency_seconds"
COUNTED = (
    (TOKENS, "tokens", 1),
    ("vllm:prompt_tokens_total", "prompt", 1),
    ("vllm:request_success_total", "requests", 1),
    (f"{LATENCY}_count", "requests", 1),
    (f"{LATENCY}_sum", "ticks", TICKS),
)
"""Each with what of the ledger it counts, and how much of that makes one."""
EDGE = 1.0
"""Seconds: one of the histogram's."""
SCRAPES = 2
LINE, TINY = {"model_name": "line"}, {"model_name": "tiny"}
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
    quick = sum(request.latency <= EDGE for request in requests)
    latency = before["ticks"] / TICKS + sum(request.latency for request in requests)
    figures = {
        "vllm:generation_tokens_total": tokens,
        "vllm:prompt_tokens_total": prompt,
        "vllm:request_success_total": count,
        "vllm:iteration_tokens_total_sum": tokens + prompt,
        "vllm:iteration_tokens_total_count": count,
        f"{LATENCY}_sum": latency,
        f"{LATENCY}_count": count,
        "vllm:time_to_first_token_seconds_sum": latency / 4,
        "vllm:inter_token_latency_seconds_sum": latency / 64,
    }
    for family, expected in figures.items():
        service.shows(family, expected)
    service.shows(f"{LATENCY}_bucket", quick, f"at most {EDGE} s", le=str(EDGE))


def test_requests_that_run_are_seen_running(service: Service) -> None:
    with held(service, _requests(11), "seen"):
        service.shows(RUNNING, 11)
    service.shows(RUNNING, 0)


def test_killed_replicas_take_nothing_with_them_and_leave_nothing_behind(service: Service) -> None:
    for number in range(3):
        _kill_in_the_middle(service, f"round-{number}")
    ledger = service.ledger()
    assert ledger["intended"]["requests"] > ledger["committed"]["requests"], "no replica died in mid-request"
    _lies_between(service)
    _counts_exactly(service)


def test_a_gauge_outlives_its_process_by_two_scrapes_at_most(service: Service) -> None:
    with held(service, _requests(8), "stale"):
        service.shows(RUNNING, 8)
        pod = service.pods()[0]
        killed = service.replicas(pod)[0]
        which = f'{{pod="{pod["metadata"]["name"]}", pid="{killed}", namespace="{service.namespace}"}}'
        prometheus = Prometheus(service.ground.cluster.client)
        eventually(lambda: prometheus.series(RUNNING + which), "its gauge is there", LIMIT)
        moment = float(service.sh(pod, f"kill -9 {killed}; date +%s.%N"))
        eventually(lambda: not prometheus.series(RUNNING + which), "its gauge is gone", LIMIT)
        (series,) = prometheus.series(f"{RUNNING}{which}[5m]")
        late = [when for when, _ in series["values"] if when > moment]
        FIGURES.compared("scrapes with the gauge of a process after its end", f"<= {SCRAPES}", len(late))
        assert len(late) <= SCRAPES
    eventually(lambda: len(service.living()) == REPLICAS, "the replica is replaced", LIMIT)
    service.shows(RUNNING, 0)


def test_a_container_that_starts_again_with_old_process_ids_loses_and_resurrects_nothing(service: Service) -> None:
    (worker,) = (pod for pod in service.pods() if node_type(pod) == "worker")
    dead = [int(pid) for pid in service.sh(worker, f"python -m writer line 20000 {WRITTEN}").split()]
    counted = WRITTEN * len(dead)
    service.shows(TOKENS, counted, **LINE)
    _restart_ray(service, worker)
    service.shows(RUNNING, None, **LINE)
    heir = int(service.sh(worker, f"python -m writer heir {INHERITED} {' '.join(map(str, dead))}"))
    assert heir in dead
    service.shows(RUNNING, INHERITED, **LINE)
    service.shows(TOKENS, counted + INHERITED, **LINE)
    service.sh(worker, f"kill -9 {heir}")
    service.shows(RUNNING, None, **LINE)
    service.shows(TOKENS, counted + INHERITED, **LINE)
    _lies_between(service)
    _counts_exactly(service)


def _requests(number: int) -> list[Request]:
    def one() -> Request:
        return Request(CHANCE.randrange(1, 2000), CHANCE.randrange(1, 500), CHANCE.randrange(1, 640) / TICKS)

    return [one() for _ in range(number)]


def _lies_between(service: Service) -> None:
    """What is shown is at least what was committed and at most what was intended, and never fell."""
    ledger, prometheus = service.ledger(), Prometheus(service.ground.cluster.client)
    for family, what, scale in COUNTED:
        least, most = ledger["committed"][what] / scale, ledger["intended"][what] / scale
        told = eventually(partial(_between, service, family, least, most), f"{family} is {least} to {most}", LIMIT)
        FIGURES.compared(family, f"{least} ... {most}", told)
        resets = f'sum(resets({{__name__="{family}", namespace="{service.namespace}"}}[15m]))'
        assert prometheus.value(resets) == 0


def _between(service: Service, family: str, least: float, most: float) -> float | None:
    told = service.total(family, **TINY)
    return told if told is not None and least <= told <= most else None


def _counts_exactly(service: Service) -> None:
    """Whatever was lost in the middle of a request: all that is asked from now on is counted, once."""
    eventually(partial(_is_scraped_since, service, time.time()), "each target is scraped once more", LIMIT)
    shown = eventually(partial(_settled, service), "all targets show what they have counted", LIMIT)
    before = service.ledger()["committed"]
    assert troubles(service.ask(_requests(50))) == []
    asked = service.ledger()["committed"] - before
    for family, what, scale in COUNTED:
        service.shows(family, shown[family] + asked[what] / scale, "exactly", **TINY)


def _settled(service: Service) -> dict[str, float]:
    """The sums over all targets, when nothing is asked; none where a scrape has failed between, which hides a part."""
    before = _totals(service)
    return before if service.is_scraped() and _totals(service) == before else {}


def _totals(service: Service) -> dict[str, float]:
    return {family: service.total(family, **TINY) or 0.0 for family, _, _ in COUNTED}


def _is_scraped_since(service: Service, moment: float) -> bool:
    stamps = f'min(timestamp({TOKENS}{{namespace="{service.namespace}"}}))'
    return (Prometheus(service.ground.cluster.client).value(stamps) or 0) > moment


def _kill_in_the_middle(service: Service, release: str) -> None:
    """One replica of every pod, while it has requests to answer and others are answered."""
    with ThreadPoolExecutor(1) as others:
        with held(service, _requests(12), release):
            service.shows(RUNNING, 12)
            asked = others.submit(service.ask, _requests(100))
            for pod in service.pods():
                service.sh(pod, f"kill -9 {CHANCE.choice(service.replicas(pod))}")
        asked.result()  # whatever was answered; a trouble of the client itself is the story's
    eventually(lambda: len(service.living()) == REPLICAS, "replicas are replaced", LIMIT)
    service.shows(RUNNING, 0)


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
