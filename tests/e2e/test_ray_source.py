"""A service whose engines count through Ray, as Ray Serve LLM has them do: labelled and watched as any other."""

import pytest

from rayscope.model.names import EXPORTER_CONTAINER, MONITOR_LABEL, MONITOR_VALUE, RAY_METRICS_PORT
from rayscope.render.rules import vocabulary
from rayscope.render.rules.recorded import Recorded
from tests.e2e.figures import FIGURES
from tests.e2e.ground import Ground
from tests.e2e.manifests import ray_service
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import Request, Service, containers, troubles
from tests.e2e.traffic import held
from tests.plane.resources import RAY_SERVICES
from tests.plane.waiting import eventually

LIMIT = 400.0
KNOWN_LIMIT = 900.0
"""Seconds: pods that nothing changes in are asked after longer and longer pauses."""
HELD = 5
WINDOW = "10m"
REQUESTS = [Request(number, 2 * number, 0.5) for number in range(1, 51)]
SIZE = f"wget -qO- http://127.0.0.1:{RAY_METRICS_PORT}/metrics | wc -c"


@pytest.fixture(scope="module")
def service(ground: Ground, namespace: str) -> Service:
    made = Service(ground, namespace)
    manifest = ray_service(namespace, made.name, ground.ray, {MONITOR_LABEL: MONITOR_VALUE})
    manifest["spec"]["serveConfigV2"] = manifest["spec"]["serveConfigV2"].replace("served:app", "by_ray:app")
    ground.cluster.client.create(RAY_SERVICES.path(namespace), manifest)
    made.serves()
    eventually(made.pods_are_ready, "all of its pods are Ready", LIMIT)
    return made


def test_it_is_injected_and_ready_and_its_source_is_ray(service: Service) -> None:
    assert troubles(service.ask(REQUESTS)) == []
    assert all(EXPORTER_CONTAINER in containers(pod) for pod in service.pods())
    eventually(lambda: service.source() == "Ray", "the VLLMMonitor's source is Ray", KNOWN_LIMIT)
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    status = service.monitor()["status"]
    assert status["summary"] == {"injected": "2/2", "reporting": "2/2"}
    FIGURES.compared("source of vLLM's metrics: app | VLLMMonitor", "Ray", status["source"])


def test_its_counters_are_the_clients_own(service: Service) -> None:
    figures = {
        "ray_vllm_prompt_tokens_total": sum(request.prompt for request in REQUESTS),
        "ray_vllm_generation_tokens_total": sum(request.tokens for request in REQUESTS),
        "ray_vllm_request_success_total": len(REQUESTS),
        "ray_vllm_e2e_request_latency_seconds_count": len(REQUESTS),
    }
    for family, expected in figures.items():
        service.shows(family, expected)


def test_what_rules_and_dashboards_need_is_kept(service: Service) -> None:
    """Which is the recorded series, but for batches, of which Ray has none, and for what is made of another series."""
    recorded = [*vocabulary.latency(), *vocabulary.load(), *vocabulary.throughput()]
    others = (vocabulary.BATCHES, vocabulary.FINISHED)
    needed = [each for each in recorded if not any(other in each.expression for other in others)]
    assert needed
    with held(service, REQUESTS[:HELD], "seen"):
        service.shows("ray_vllm_num_requests_running", HELD)
        told = [each.name for each in needed if _is_told(service, each)]
        FIGURES.compared("recorded series that need Ray's port: all | told", len(needed), len(told))


def test_most_of_rays_port_is_transferred_and_not_stored(service: Service) -> None:
    prometheus = Prometheus(service.ground.cluster.client)
    for pod in service.pods():
        name, size = pod["metadata"]["name"], int(service.sh(pod, SIZE))
        target = f'{{namespace="{service.namespace}", pod="{name}", endpoint="metrics"}}'
        # Of the largest scrape: one that the machine was too slow for has none.
        scraped = prometheus.value(f"max_over_time(scrape_samples_scraped{target}[{WINDOW}])")
        stored = prometheus.value(f"max_over_time(scrape_samples_post_metric_relabeling{target}[{WINDOW}])")
        assert scraped
        assert stored
        FIGURES.compared(f"samples of Ray's port ({size} bytes), {name}: scraped | stored", scraped, stored)
        assert stored < scraped / 2


def _is_told(service: Service, recorded: Recorded) -> bool:
    prometheus = Prometheus(service.ground.cluster.client)
    query = f'({recorded.expression}) and on (namespace) up{{namespace="{service.namespace}"}}'
    return bool(eventually(lambda: prometheus.series(query), f"{recorded.name} is there", LIMIT))
