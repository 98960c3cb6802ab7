"""The promise that everything rests on: a label never costs a second RayCluster, and every pod is injected."""

import copy
from functools import partial
from typing import Any

import pytest

from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import (
    MANAGER,
    RAY_CLUSTER_LABEL,
    cluster_targets,
    service_monitor,
)
from tests.control.pods import parts
from tests.control.rayscope import Rayscope
from tests.control.samples import Document, services
from tests.control.story import Service
from tests.control.twins import Twins
from tests.plane import Plane
from tests.plane.resources import PODS, RAY_CLUSTERS, RAY_SERVICES, SERVICE_MONITORS, SERVICES
from tests.plane.waiting import eventually


def describe(service: Document) -> None:
    service["metadata"].setdefault("labels", {})["team"] = "search"
    service["metadata"].setdefault("annotations", {})["example.com/reviewed"] = "yes"


def reconfigure_serve(service: Document) -> None:
    service["spec"]["serveConfigV2"] = service["spec"].get("serveConfigV2", "") + "\n# edited\n"


def scale(service: Document) -> None:
    for group in service["spec"]["rayClusterConfig"].get("workerGroupSpecs", ()):
        group["replicas"] = group.get("replicas", 0) + 1
        group["maxReplicas"] = max(group.get("maxReplicas", 0), group["replicas"])


def append_worker_group(service: Document) -> None:
    config = service["spec"]["rayClusterConfig"]
    if groups := config.get("workerGroupSpecs"):
        groups.append(copy.deepcopy(groups[-1]) | {"groupName": "appended", "replicas": 1, "minReplicas": 0})


def change_environment(service: Document) -> None:
    template = service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]
    ray = template["spec"]["containers"][0]
    ray["env"] = [*(ray.get("env") or ()), {"name": "EDITED_BY_ITS_OWNER", "value": "1"}]


STEPS = [{"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}]
EVERYTHING = {
    "injection": {
        "enabled": True,
        "volume": {"sizeLimit": "128Mi"},
        "exporter": {
            "port": 9999,
            "families": ["vllm:", "http_"],
            "image": "python:3.12-slim",
            "resources": {
                "cpuRequest": "20m",
                "memoryRequest": "64Mi",
                "memoryLimit": "192Mi",
                "guaranteedCpu": "200m",
            },
        },
    },
    "scrape": {
        "kind": "ServiceMonitor",
        "interval": "15s",
        "scrapeTimeout": "10s",
        "labels": {"team": "search"},
        "ray": "Full",
        "app": {"port": "serve", "path": "/llm/metrics"},
        "relabelings": STEPS,
        "metricRelabelings": STEPS,
    },
    "rules": {
        "enabled": True,
        "slo": {
            "timeToFirstToken": {"threshold": "500ms", "objective": 99},
            "interToken": {"threshold": "100ms", "objective": 99.5},
            "endToEnd": {"threshold": "10s", "objective": 95},
            "minimumEvents": 10,
        },
    },
}
"""A VLLMMonitor's spec with every field."""
FEW = ("sample", "llm-serve", "high-availability")
"""The samples that are enough where it is the VLLMMonitor that matters."""
LIVES: dict[str, dict[str, Any]] = {"by label alone": {}, "with a VLLMMonitor": EVERYTHING}


@pytest.fixture(scope="module", params=LIVES)
def twins(plane: Plane, rayscope: Rayscope, request: pytest.FixtureRequest) -> Twins:
    """Their whole life. Edits come while Rayscope runs; it is killed, and KubeRay restarted, in between."""
    spec = LIVES[request.param]
    samples = services(plane.samples)
    if spec:
        samples = {name: documents for name, documents in samples.items() if name in FEW}
    suffix = "-configured" if spec else ""
    twins = Twins(plane, f"twins-labelled{suffix}", f"twins-plain{suffix}", samples, spec)
    for namespace in twins.namespaces:
        plane.kubectl("create", "namespace", namespace)
    for monitor in twins.monitors():
        monitor.create(**spec)
    twins.apply()
    for edit in (describe, reconfigure_serve, scale, append_worker_group):
        twins.edit(edit)
        twins.apply()
    for monitor in twins.monitors():
        monitor.edit(injection={"exporter": {"port": 9998}})
    rayscope.kill()
    rayscope.start()
    twins.edit(change_environment)
    twins.apply()
    plane.restart_kuberay()
    twins.settle()
    twins.apply()
    twins.apply("--server-side", "--force-conflicts", "--field-manager=gitops")
    rayscope.stop()
    rayscope.start()
    twins.settle()
    return twins


def test_both_twins_cost_the_same_number_of_clusters_and_pods(twins: Twins) -> None:
    labelled, plain = (
        [twins.created(namespace, kind) for kind in (RAY_CLUSTERS, PODS)] for namespace in twins.namespaces
    )
    assert labelled == plain
    assert labelled[0] > len(twins.documents)  # a change of the environment is a new cluster: KubeRay's own, in both


def test_every_pod_that_a_labelled_service_ever_had_is_injected(twins: Twins) -> None:
    pods = twins.pods[twins.labelled]
    assert len(pods) == twins.created(twins.labelled, PODS)
    for pod in filter(of_ray, pods.values()):
        assert parts(pod) == (True, True, True, True), pod["metadata"]["name"]


def test_no_pod_of_an_unlabelled_service_is_touched(twins: Twins) -> None:
    assert any(map(of_ray, twins.pods[twins.plain].values()))
    for pod in twins.pods[twins.plain].values():
        assert parts(pod) == (False, False, False, False), pod["metadata"]["name"]


def test_rayscope_manages_no_field_of_any_ray_object(twins: Twins) -> None:
    for namespace in twins.namespaces:
        for kind in (RAY_SERVICES, RAY_CLUSTERS):
            for item in twins.plane.client.list(kind.path(namespace)):
                assert MANAGER not in {entry["manager"] for entry in item["metadata"]["managedFields"]}


def test_every_labelled_service_has_a_monitor_for_all_its_clusters(twins: Twins) -> None:
    for document in twins.services():
        service = Service(twins.plane, twins.labelled, document["metadata"]["name"])
        if twins.spec:
            eventually(partial(has_targets, service), f"each cluster of {service.name} has targets")
        else:
            assert service.monitored()


def test_the_configured_twins_set_every_field() -> None:
    spec = MonitorSpec.model_validate(EVERYTHING)
    injection, slo = spec.injection, spec.rules.slo
    assert slo
    objectives = (objective for _, objective in slo)
    parts = (spec, injection, injection.exporter, injection.exporter.resources, spec.scrape, spec.rules, slo)
    for part in (*parts, *objectives):
        assert part.model_fields_set == set(type(part).model_fields)


def of_ray(pod: Document) -> bool:
    """KubeRay made it; a sample brings a pod of its own along."""
    return RAY_CLUSTER_LABEL in pod["metadata"].get("labels", {})


def has_targets(service: Service) -> bool:
    """Whether there is a ServiceMonitor, and a Service for the pods of each cluster that there is now."""
    client, clusters = service.plane.client, [cluster["metadata"]["name"] for cluster in service.clusters()]
    monitor = client.find(SERVICE_MONITORS.path(service.namespace, service_monitor(service.name)))
    targets = (SERVICES.path(service.namespace, cluster_targets(name)) for name in clusters)
    return bool(clusters and monitor) and all(map(client.find, targets))
