"""The exporter is small, and never lowers the pod's quality of service."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rayscope.inject.resources import exporter_resources, guaranteed, quantity
from tests.unit.inject.clusters import PAYLOAD, pod, ray


def resources(limits: dict[str, Any] | None, requests: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"resources": {"limits": limits, "requests": requests}}


BIG = {"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "1"}


def test_it_asks_for_little_and_is_limited_in_memory_alone() -> None:
    assert exporter_resources(pod(), PAYLOAD) == {
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"memory": "128Mi"},
    }


def test_in_a_guaranteed_pod_it_is_guaranteed_too() -> None:
    assert exporter_resources(pod(ray_container=ray(**resources(BIG, BIG))), PAYLOAD) == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "100m", "memory": "128Mi"},
    }


def test_limits_alone_are_requests_too() -> None:
    assert guaranteed(pod(ray_container=ray(**resources(BIG))))


def test_one_value_can_be_written_in_two_ways() -> None:
    assert guaranteed(
        pod(ray_container=ray(**resources({"cpu": 1, "memory": "1Gi"}, {"cpu": "1000m", "memory": "1024Mi"})))
    )


@pytest.mark.parametrize(
    "unequal",
    [
        resources(BIG, {"cpu": "4"}),
        resources(BIG, {"memory": "32Gi"}),
        resources({"cpu": "8"}, {"cpu": "8"}),
        resources({"cpu": "0", "memory": "1Gi"}),
        resources(None, {"cpu": "8", "memory": "64Gi"}),
        {},
    ],
)
def test_anything_less_is_not_guaranteed(unequal: dict[str, Any]) -> None:
    assert not guaranteed(pod(ray_container=ray(**unequal)))


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_every_container_of_the_pod_counts(kind: str) -> None:
    spec = pod(ray_container=ray(**resources(BIG)))
    spec.setdefault(kind, []).append({"name": "app"})
    assert not guaranteed(spec)


def test_a_pod_with_a_budget_for_all_its_containers_is_asked_for_nothing() -> None:
    assert exporter_resources(pod(resources={"requests": {"cpu": "8"}}), PAYLOAD) is None


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1", "1"),
        (2, "2"),
        (0.5, "0.5"),
        ("100m", "0.1"),
        ("1.5Gi", "1610612736"),
        ("1k", "1000"),
        ("2E", "2e18"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("500u", "0.0005"),
        (None, "0"),
        ("much", "0"),
    ],
)
def test_quantities_are_numbers(written: object, number: str) -> None:
    assert quantity(written) == Decimal(number)
