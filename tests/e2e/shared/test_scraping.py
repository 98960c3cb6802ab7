"""Other ways to scrape the same pods: each shows the same sums, none shows anything twice, and no pod notices."""

from collections.abc import Iterator
from contextlib import contextmanager

from rayscope.model.names import app_monitor, pod_monitor, service_monitor
from tests.e2e.figures import FIGURES
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import LIMIT, Request, Service, troubles
from tests.plane.client import Manifest
from tests.plane.resources import POD_MONITORS, SERVICE_MONITORS, VLLM_MONITORS
from tests.plane.waiting import eventually

TOKENS = "vllm:generation_tokens_total"
OWN = "app_answers_total"


def test_a_service_monitor_instead_shows_the_same_sums(service: Service) -> None:
    client, before = service.ground.cluster.client, service.standing()
    pods = POD_MONITORS.path(service.namespace, pod_monitor(service.name))
    services = SERVICE_MONITORS.path(service.namespace, service_monitor(service.name))
    with _scrape(service, {"kind": "ServiceMonitor"}):
        eventually(lambda: client.find(services) and not client.find(pods), "a ServiceMonitor replaces it", LIMIT)
        _shows_what_was_committed(service, "ServiceMonitor")
    eventually(lambda: client.find(pods) and not client.find(services), "and the other way round", LIMIT)
    _shows_what_was_committed(service, "PodMonitor")
    assert service.standing() == before


def test_the_applications_own_route_beside_it_doubles_nothing(service: Service) -> None:
    before, monitor = service.standing(), app_monitor(service.name)
    prometheus = Prometheus(service.ground.cluster.client)
    route = f'job="{service.namespace}/{monitor}"'
    with _scrape(service, {"app": {"port": "serve", "path": "/metrics"}}):
        eventually(lambda: service.up(monitor), "the route is scraped", LIMIT)
        eventually(lambda: prometheus.series(f"{OWN}{{{route}}}"), "it shows what is the application's", LIMIT)
        _shows_what_was_committed(service, "the application's route beside")
        assert prometheus.series(f'{{__name__=~"vllm:.+", {route}}}') == []
        assert prometheus.series(f'{OWN}{{job!~".*-app", namespace="{service.namespace}"}}') == []
    pool = f"serviceMonitor/{service.namespace}/{monitor}/0"
    eventually(lambda: pool not in prometheus.pools(), "the route is scraped no more", LIMIT)
    _shows_what_was_committed(service, "without the route again")
    assert service.standing() == before


@contextmanager
def _scrape(service: Service, wanted: Manifest) -> Iterator[None]:
    """By an edit of the VLLMMonitor, which is taken back."""
    path = VLLM_MONITORS.path(service.namespace, service.name)
    service.ground.cluster.client.patch(path, {"spec": {"scrape": wanted}})
    try:
        yield
    finally:
        service.ground.cluster.client.patch(path, {"spec": {"scrape": None}})


def _shows_what_was_committed(service: Service, way: str) -> None:
    """Of all series together, whoever scraped them."""
    assert troubles(service.ask([Request(5, 7, 0.25)] * 20)) == []
    ledger = service.ledger()
    committed, intended = ledger["committed"]["tokens"], ledger["intended"]["tokens"]

    def between() -> bool:
        return committed <= (service.total(TOKENS, model_name="tiny") or 0) <= intended and service.is_scraped()

    eventually(between, f"{TOKENS} lies between {committed} and {intended}", LIMIT)
    FIGURES.compared(f"{TOKENS}, {way}", f"{committed} ... {intended}", service.total(TOKENS, model_name="tiny"))
