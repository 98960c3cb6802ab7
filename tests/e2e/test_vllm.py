"""Real vLLM engines, on the CPU: what they count themselves is in Prometheus, to the last token. E2E_VLLM=1 runs it."""

import os

import pytest

from rayscope.model.names import EXPORTER_CONTAINER, MONITOR_LABEL, MONITOR_VALUE
from tests.e2e.ground import Ground
from tests.e2e.manifests import ray_node, service_of, worker_group
from tests.e2e.service import Request, Service, containers, troubles
from tests.kind import images
from tests.kind.images import ROOT
from tests.plane.client import Manifest
from tests.plane.progress import step
from tests.plane.resources import RAY_SERVICES
from tests.plane.waiting import eventually

pytestmark = [
    pytest.mark.skipif(not os.environ.get("E2E_VLLM"), reason="real vLLM is an image of 7 GB: E2E_VLLM=1 builds it"),
    pytest.mark.usefixtures("ours"),
]

LIMIT = 900.0
SERVE_CONFIG = "applications: [{name: llm, import_path: 'real:app', route_prefix: /}]\n"
MEMORY = {"requests": {"cpu": "50m", "memory": "2Gi"}, "limits": {"memory": "8Gi"}}
REQUESTS = [Request(1 + 7 * number % 300, 1 + number % 16, 0.0) for number in range(100)]


@pytest.fixture(scope="module")
def service(ground: Ground, namespace: str) -> Service:
    image = images.vllm(ROOT / "tests" / "e2e" / "engine")
    ground.cluster.load(image)
    made = Service(ground, namespace)
    with step("RayService with vLLM", "waiting for it to serve") as current:
        ground.cluster.client.create(RAY_SERVICES.path(namespace), _manifest(made, image))
        eventually(made.is_ready, "the RayService is Ready", LIMIT)
        eventually(made.pods_are_ready, "all of its pods are Ready", LIMIT)
        current.outcome = "Ready"
    return made


def test_engines_are_seen_through_the_exporter(service: Service) -> None:
    assert troubles(service.ask(REQUESTS)) == []
    assert all(EXPORTER_CONTAINER in containers(pod) for pod in service.pods())
    eventually(lambda: service.source() == "Multiprocess", "vLLM is seen to write", LIMIT)
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    assert service.monitor()["status"]["summary"] == {"injected": "2/2", "reporting": "2/2"}


def test_what_vllm_counts_is_in_prometheus(service: Service) -> None:
    prompt, made = sum(request.prompt for request in REQUESTS), sum(request.tokens for request in REQUESTS)
    figures = {
        "vllm:prompt_tokens_total": prompt,
        "vllm:generation_tokens_total": made,
        "vllm:request_success_total": len(REQUESTS),
        "vllm:e2e_request_latency_seconds_count": len(REQUESTS),
        "vllm:request_prompt_tokens_sum": prompt,
        "vllm:request_generation_tokens_sum": made,
        "vllm:num_requests_running": 0,
    }
    for family, expected in figures.items():
        service.shows(family, expected, "vLLM itself")


def _manifest(service: Service, image: str) -> Manifest:
    labels = {MONITOR_LABEL: MONITOR_VALUE}
    head, workers = ray_node("ray-head", image, slots=1), worker_group("workers", image, slots=1)
    for group in (head, workers):
        group["template"]["spec"]["containers"][0]["resources"] = MEMORY
    manifest = service_of(service.namespace, service.name, labels, head, [workers])
    manifest["spec"]["serveConfigV2"] = SERVE_CONFIG
    return manifest
