"""The operator's replicas: one is killed, all are replaced, and what KubeRay makes meanwhile is not lost."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from rayscope.inject import inspect
from rayscope.model.names import (
    MANAGER,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    RAY_ORIGIN_NAME_LABEL,
)
from tests.e2e.figures import FIGURES
from tests.e2e.ground import SYSTEM, Ground, rolled_out
from tests.e2e.manifests import ray_service
from tests.e2e.service import Service
from tests.plane.client import Manifest
from tests.plane.resources import EVENTS, LEASES, PODS, RAY_CLUSTERS, RAY_SERVICES
from tests.plane.waiting import eventually

LIMIT = 180.0
NOWHERE = {"e2e.rayscope.dev/node": "none"}
"""No node has this label: pods of such a template never run."""
OPERATOR = f"deployment/{MANAGER}"
LEAST = 10
KEPT = 3600
"""Seconds for which KubeRay lets RayClusters be that are none of its own."""
TOLERANCE = 10.0
"""Seconds: replicas look at the Lease every two."""


@pytest.fixture(scope="module")
def service(ground: Ground, namespace: str) -> Service:
    """Labelled, with pods that never run."""
    made = Service(ground, namespace)
    manifest = ray_service(namespace, made.name, ground.ray, {MONITOR_LABEL: MONITOR_VALUE})
    manifest["spec"]["rayClusterConfig"] = _tiny(manifest["spec"]["rayClusterConfig"])
    manifest["spec"]["rayClusterDeletionDelaySeconds"] = KEPT
    ground.cluster.client.create(RAY_SERVICES.path(namespace), manifest)
    eventually(lambda: _is_known(made), "the VLLMMonitor tells of its cluster", LIMIT)
    return made


@pytest.mark.usefixtures("ours")
def test_a_leader_is_killed_and_another_one_goes_on(ground: Ground, service: Service) -> None:
    client = ground.cluster.client
    client.patch(_path(service), {"metadata": {"labels": {MONITOR_LABEL: None}}})
    eventually(lambda: not service.monitor(), "the VLLMMonitor goes with the label", LIMIT)
    before = _lease(ground)
    with _killed(ground, _pod(before)) as left:
        client.patch(_path(service), {"metadata": {"labels": {MONITOR_LABEL: MONITOR_VALUE}}})
        eventually(lambda: _is_known(service), "the VLLMMonitor comes with the label", LIMIT)
    after = _lease(ground)
    assert left["holderIdentity"] == before["holderIdentity"]
    assert _pod(after) != _pod(left)
    took, granted = _seconds(left["renewTime"], after["acquireTime"]), left["leaseDurationSeconds"]
    FIGURES.compared("seconds without a leader: the Lease's | those that it took", granted, took)
    assert took <= granted + TOLERANCE
    told = _seconds(left["renewTime"], service.monitor()["metadata"]["creationTimestamp"])
    FIGURES.compared("seconds until the next one has reconciled", f"<= {granted + 2 * TOLERANCE}", told)
    assert told <= granted + 2 * TOLERANCE
    rolled_out(ground.cluster, SYSTEM, OPERATOR)


def test_replicas_are_replaced_while_clusters_are_made(ground: Ground, service: Service) -> None:
    client, old = ground.cluster.client, _replicas(ground)
    ground.cluster.kubectl(f"--namespace={SYSTEM}", "rollout", "restart", OPERATOR)
    made: dict[str, bool] = {}

    def replaced() -> bool:
        cluster = client.create(RAY_CLUSTERS.path(service.namespace), _cluster(service))
        made[cluster["metadata"]["name"]] = inspect(cluster).complete
        return len(made) >= LEAST and not old & _replicas(ground)

    eventually(replaced, "all replicas are replaced", LIMIT)
    rolled_out(ground.cluster, SYSTEM, OPERATOR)
    left = {name for name, injected in made.items() if not injected}
    FIGURES.compared("RayClusters made in a rolling restart: all | injected", len(made), len(made) - len(left))
    eventually(lambda: left <= _reported(service, made), "whichever was not injected is reported", LIMIT)


def _reported(service: Service, made: Iterable[str]) -> set[str]:
    """Those of whom an event on the RayService says that they were made without Rayscope."""
    events = service.ground.cluster.client.list(EVENTS.path(service.namespace))
    messages = [event["message"] for event in events if event["reason"] == "RestartRequired"]
    return {name for name in made if any(f"RayCluster {name} " in message for message in messages)}


def _is_known(service: Service) -> bool:
    return bool(service.monitor().get("status", {}).get("clusters"))


def _path(service: Service) -> str:
    return RAY_SERVICES.path(service.namespace, service.name)


def _tiny(config: Manifest) -> Manifest:
    """A head that is never scheduled, and no workers."""
    config["headGroupSpec"]["template"]["spec"]["nodeSelector"] = NOWHERE
    return {**config, "workerGroupSpecs": []}


def _cluster(service: Service) -> Manifest:
    """As KubeRay would label it, and without pods."""
    labels = {
        MONITOR_LABEL: MONITOR_VALUE,
        RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND,
        RAY_ORIGIN_NAME_LABEL: service.name,
    }
    config = ray_service(service.namespace, service.name, service.ground.ray, {})["spec"]["rayClusterConfig"]
    metadata = {"name": f"{service.name}-{uuid.uuid4().hex[:10]}", "namespace": service.namespace, "labels": labels}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": metadata,
        "spec": {**_tiny(config), "suspend": True},
    }


def _lease(ground: Ground) -> Manifest:
    spec: Manifest = ground.cluster.client.get(LEASES.path(SYSTEM, MANAGER))["spec"]
    return spec


def _pod(lease: Manifest) -> str:
    """Of the leader."""
    return str(lease["holderIdentity"].partition("_")[0])


@contextmanager
def _killed(ground: Ground, name: str) -> Iterator[Manifest]:
    """Without a chance to hand over, and the Lease as it was left.

    Neither it nor one in its place starts before the block is over.
    """
    pod = ground.cluster.client.get(PODS.path(SYSTEM, name))
    node, container = pod["spec"]["nodeName"], pod["status"]["containerStatuses"][0]["containerID"]
    words = ("ctr", "--namespace=k8s.io", "tasks", "kill", "--signal=SIGKILL", container.rpartition("/")[2])
    ground.cluster.kubectl("cordon", node)
    try:
        ground.cluster.exec(node, *words)
        left = _lease(ground)
        ground.cluster.kubectl(f"--namespace={SYSTEM}", "delete", "pod", name, "--grace-period=0", "--force")
        yield left
    finally:
        ground.cluster.kubectl("uncordon", node)


def _replicas(ground: Ground) -> set[str]:
    return {pod["metadata"]["uid"] for pod in ground.cluster.client.list(PODS.path(SYSTEM))}


def _seconds(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
