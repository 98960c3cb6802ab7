"""The exporter's port may be no port of Ray's, named or not."""

from __future__ import annotations

import pytest

from rayscope.inject.candidate import Candidate
from rayscope.inject.ports import port_user
from rayscope.model.cluster import HEAD_GROUP, Group
from tests.unit.inject.clusters import group


def user(number: int, name: str = "gpu", **params: str) -> str:
    written = {key.replace("_", "-"): value for key, value in params.items()}
    candidate = Candidate(Group(name, "/spec/workerGroupSpecs/0", group(params=written)), "llama", number)
    return port_user(candidate) or "nobody"


def test_nobody_uses_the_default_port() -> None:
    assert user(9475) == user(9475, HEAD_GROUP) == "nobody"


@pytest.mark.parametrize("port", [8080, 52365, 8000, 44217, 44227])
def test_ports_that_ray_uses_on_every_node(port: int) -> None:
    assert user(port) != "nobody"


@pytest.mark.parametrize("port", [6379, 8265, 10001])
def test_ports_that_ray_uses_on_the_head_alone(port: int) -> None:
    assert user(port, HEAD_GROUP) != "nobody"
    assert user(port) == "nobody"


def test_a_port_that_ray_was_moved_away_from_is_free() -> None:
    assert user(8080, metrics_export_port="9000") == "nobody"


@pytest.mark.parametrize(
    "parameter",
    ["port", "dashboard_port", "ray_client_server_port", "node_manager_port", "dashboard_agent_listen_port"],
)
def test_any_port_parameter_counts(parameter: str) -> None:
    assert parameter.replace("_", "-") in user(9475, **{parameter: "9475"})


def test_lists_of_ports_count() -> None:
    assert "worker-port-list" in user(9475, worker_port_list="9400, 9475")
    assert "redis-shard-ports" in user(9475, redis_shard_ports="9475")


def test_workers_listen_in_a_range() -> None:
    assert "worker ports" in user(15000)
    assert "worker ports" in user(9475, min_worker_port="9000", max_worker_port="9500")
    assert user(9475, min_worker_port="9476") == "nobody"
    assert user(15000, max_worker_port="14999") == "nobody"


def test_a_list_takes_the_place_of_the_range() -> None:
    assert user(15000, worker_port_list="20000,20001") == "nobody"


def test_a_range_from_zero_is_no_range() -> None:
    assert user(9475, min_worker_port="0", max_worker_port="0") == "nobody"


def test_a_parameter_that_is_no_number_is_left_to_ray() -> None:
    assert user(9475, metrics_export_port="auto") == "nobody"
