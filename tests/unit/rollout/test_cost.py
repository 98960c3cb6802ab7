"""The cost of a cluster is what its pods ask of the scheduler."""

from typing import Any

import pytest

from rayscope.rollout.cost import cost, lines
from tests.unit.inject.clusters import cluster, group, injected, pod, ray
from tests.unit.inject.samples import SAMPLES, clusters


def asks(**amounts: str) -> dict[str, Any]:
    return ray(resources={"requests": amounts})


def told(given: dict[str, Any]) -> dict[str, str]:
    return dict(lines(cost(given)))


def workers(container: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**group(pod(ray_container=container)), **fields}


def test_pods_and_their_requests_are_summed() -> None:
    gpus = ray(resources={"limits": {"nvidia.com/gpu": "4", "cpu": "8"}, "requests": {"memory": "16Gi"}})
    given = cluster(group(pod(ray_container=asks(cpu="500m", memory="1Gi"))), gpu=workers(gpus, replicas=2))
    assert told(given) == {
        "pods": "3 (1 head, 2 worker)",
        "cpu": "16.5",
        "memory": "33Gi",
        "nvidia.com/gpu": "8",
    }


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"replicas": 2}, 2),
        ({}, 0),
        ({"minReplicas": 3}, 3),
        ({"replicas": 1, "minReplicas": 2}, 2),
        ({"replicas": 9, "maxReplicas": 4}, 4),
        ({"replicas": 2, "numOfHosts": 4}, 8),
        ({"replicas": 2, "suspend": True}, 0),
    ],
)
def test_replicas_are_counted_as_kuberay_counts_them(fields: dict[str, Any], count: int) -> None:
    assert cost(cluster(gpu=workers(ray(), **fields))).workers == count


def test_an_init_container_counts_where_it_asks_for_more_and_a_sidecar_always() -> None:
    head = group(
        pod(
            ray_container=asks(cpu="1", memory="1Gi"),
            initContainers=[asks(cpu="3"), {**asks(cpu="1"), "restartPolicy": "Always"}],
            overhead={"cpu": "100m"},
        )
    )
    assert told(cluster(head)) == {"pods": "1 (1 head, 0 worker)", "cpu": "3.1", "memory": "1Gi"}


def test_a_budget_of_the_whole_pod_is_what_counts() -> None:
    head = group(pod(ray_container=asks(cpu="1"), resources={"requests": {"cpu": "6"}}))
    assert told(cluster(head))["cpu"] == "6"


def test_the_autoscaler_beside_the_head_is_counted() -> None:
    given = cluster()
    given["spec"]["enableInTreeAutoscaling"] = True
    assert told(given) == {"pods": "1 (1 head, 0 worker)", "cpu": "0.5", "memory": "0.5Gi"}


def test_an_injection_costs_ten_milli_cpus_a_pod() -> None:
    given = cluster(gpu=workers(ray(), replicas=2))
    assert told(injected(given)) == {"pods": "3 (1 head, 2 worker)", "cpu": "0.03", "memory": "0.09Gi"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.stem))
def test_every_sample_of_kuberays_has_a_price(sample: Any) -> None:
    for given in clusters(sample):
        price = cost(given)
        assert price.pods >= 1
        assert all(amount >= 0 for amount in price.requests.values())
