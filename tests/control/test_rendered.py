"""What is rendered is what a real API server takes, in every mode, field by field, and the second time for nothing."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from rayscope.kube.kinds import SERVICE, kind_of
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.service import Service
from rayscope.render.children import render
from rayscope.render.settings import Settings
from tests.control.story import Service as Created
from tests.plane import Plane
from tests.plane.client import APPLY_PATCH
from tests.plane.resources import NAMESPACES, RAY_CLUSTERS, SERVICES
from tests.unit.render.strategies import OWN, injected, service

SETTINGS = Settings(OWN, labels={"release": "prometheus"})
STEPS = [
    {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"},
    {"action": "HashMod", "sourceLabels": ["__address__"], "targetLabel": "shard", "modulus": 8},
    {"action": "labeldrop", "regex": "exported_.*"},
    {"action": "drop", "sourceLabels": ["__name__", "le"], "separator": ";", "regex": "vllm:.*_bucket;1[.]5"},
    {"action": "keepequal", "sourceLabels": ["namespace"], "targetLabel": "exported_namespace"},
    {"action": "lowercase", "sourceLabels": ["pod"], "targetLabel": "pod"},
]
EVERYTHING = {
    "interval": "1h30m",
    "scrapeTimeout": "30s500ms",
    "labels": {"example.com/team": "ml"},
    "relabelings": STEPS,
    "metricRelabelings": STEPS,
}
MODES = [
    {"injection": {"enabled": enabled}, "scrape": {"kind": kind, "ray": ray, **app, **rest}}
    for kind, ray, app, rest, enabled in itertools.product(
        ("PodMonitor", "ServiceMonitor"),
        ("Essential", "Full", "Off"),
        ({}, {"app": {"port": "serve-http", "path": "/llm/metrics"}}),
        ({}, EVERYTHING),
        (True, False),
    )
]
SITUATIONS = {"new": (), "running": ("llm-a",), "in a rollout": ("llm-a", "llm-b")}


def children(of: Service, spec: Any, clusters: tuple[str, ...]) -> list[Manifest]:
    return list(render(of, [*map(injected, clusters)], MonitorSpec.model_validate(spec), SETTINGS))


def apply(plane: Plane, child: Manifest, **query: str) -> Any:
    metadata = child["metadata"]
    return plane.client.request(
        "PATCH",
        kind_of(child).path(metadata["namespace"], metadata["name"]),
        body=child,
        query={"fieldManager": "rayscope", "force": True, "fieldValidation": "Strict", **query},
        content_type=APPLY_PATCH,
    )


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_mode_is_accepted_strictly(plane: Plane, situation: str) -> None:
    for mode in MODES:
        for child in children(service(namespace="default"), mode, SITUATIONS[situation]):
            apply(plane, child, dryRun="All")


@pytest.fixture(scope="module")
def alone() -> Iterator[Plane]:
    """A plane without Rayscope, which would take away what an unlabelled service is not to have."""
    with Plane() as made:
        yield made


@pytest.mark.parametrize("kind", ["PodMonitor", "ServiceMonitor"])
def test_what_is_applied_again_is_not_written_again(alone: Plane, kind: str) -> None:
    mode = {"scrape": {"kind": kind, "app": {}, **EVERYTHING}}
    alone.client.create(NAMESPACES.path(), {"metadata": {"name": kind.lower()}})
    owner = Service.of(alone.client.get(Created.create(alone, kind.lower()).path))
    for child in children(owner, mode, SITUATIONS["in a rollout"]):
        first, second = apply(alone, child), apply(alone, child)
        assert second["metadata"] == first["metadata"]


def test_kuberay_takes_none_of_our_services_for_its_own(alone: Plane) -> None:
    plane, namespace = alone, "default"
    created = Created.create(plane, namespace)
    name = created.cluster()["metadata"]["name"]
    live = plane.client.get(created.path)
    given = render(
        Service.of(live),
        created.clusters(),
        MonitorSpec.model_validate({"scrape": {"kind": "ServiceMonitor"}}),
        SETTINGS,
    )
    ours = [apply(plane, child)["metadata"] for child in given if kind_of(child) == SERVICE]
    assert [metadata["name"] for metadata in ours] == [f"{name}-rayscope"]
    plane.restart_kuberay()
    created.head_and_workers()
    plane.kubectl("delete", "pods", "--all", "--namespace", namespace, "--wait=false", "--grace-period=0", "--force")
    created.head_and_workers()
    [found] = plane.client.list(SERVICES.path(namespace), labels="app.kubernetes.io/managed-by=rayscope")
    assert found["metadata"]["uid"] == ours[0]["uid"]
    assert plane.client.find(RAY_CLUSTERS.path(namespace, name))
    assert plane.client.find(SERVICES.path(namespace, f"{name}-head-svc"))
