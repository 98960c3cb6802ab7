"""Other ways to scrape the same pods: each shows the same sums, none shows anything twice, and no pod notices."""

from collections.abc import Iterator
from contextlib import contextmanager

from rayscope.model.names import app_monitor, pod_monitor, service_monitor
from tests.e2e.figures import FIGURES
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import LIMIT, Request, Service, troubles
from tests.plane.client import Manifest
from tests.plane.resources import EVENTS, POD_MONITORS, SERVICE_MONITORS, VLLM_MONITORS
from tests.plane.waiting import eventually

TOKENS = "vllm:generation_tokens_total"
OWN = "app_answers_total"
FRESH = 60.0
"""Seconds: much less than Prometheus shows a series for that nobody scrapes any more."""


def test_a_service_monitor_instead_shows_the_same_sums(service: Service) -> None:
    client, before = service.ground.cluster.client, service.standing()
    pods = POD_MONITORS.path(service.namespace, pod_monitor(service.name))
    services = SERVICE_MONITORS.path(service.namespace, service_monitor(service.name))
    with _scrape(service, {"kind": "ServiceMonitor"}):
        eventually(lambda: client.find(services) and not client.find(pods), "a ServiceMonitor replaces it", LIMIT)
        _is_scraped_by(service, "serviceMonitor")
        _shows_what_was_committed(service, "ServiceMonitor")
    eventually(lambda: client.find(pods) and not client.find(services), "and the other way round", LIMIT)
    _is_scraped_by(service, "podMonitor")
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


def test_its_rules_are_evaluated_and_its_owner_has_been_told(service: Service) -> None:
    client = service.ground.cluster.client
    groups = eventually(lambda: Prometheus(client).groups(service.namespace), "Prometheus has its rules", LIMIT)
    health = [rule["health"] for group in groups for rule in group["rules"]]
    FIGURES.compared("rules of the service: all | evaluated", len(health), health.count("ok"))
    assert set(health) == {"ok"}
    told = {event["reason"] for event in client.list(EVENTS.path(service.namespace)) if _is_about(service, event)}
    assert "Injected" in told


def _is_about(service: Service, event: Manifest) -> bool:
    about = event["involvedObject"]
    return bool((about["kind"], about["name"]) == ("RayService", service.name))


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

    def between() -> float | None:
        told = service.total(TOKENS, model_name="tiny")
        return told if told and committed <= told <= intended and service.is_scraped() else None

    told = eventually(between, f"{TOKENS} lies between {committed} and {intended}", FRESH)
    FIGURES.compared(f"{TOKENS}, {way}", f"{committed} ... {intended}", told)


def _is_scraped_by(service: Service, kind: str) -> None:
    """Wait until Prometheus' configuration has the jobs of a KIND of monitor, and none of the other."""
    prometheus, part = Prometheus(service.ground.cluster.client), f"/{service.namespace}/{pod_monitor(service.name)}/"

    def alone() -> bool:
        pools = [pool for pool in prometheus.pools() if part in pool]
        return bool(pools) and all(pool.startswith(f"{kind}/") for pool in pools)

    eventually(alone, f"it is scraped by its {kind} alone", LIMIT)
