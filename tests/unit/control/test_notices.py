"""What a service's owner is told: each state in its words, with the next step, and nothing besides."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.control.facts import clusters as facts
from rayscope.control.notices import Notice, notices
from rayscope.model.monitor import Injection
from tests.unit.control.objects import service
from tests.unit.inject.clusters import cluster, group, injected, pod

WORKER = {"workers": group()}

APPLICATION = "applications: [{name: llm, runtime_env: {env_vars: {PROMETHEUS_MULTIPROC_DIR: /tmp}}}]"
DEPLOYMENT = """
applications:
- name: llm
  deployments:
  - name: vllm
    ray_actor_options: {runtime_env: {env_vars: {PROMETHEUS_MULTIPROC_DIR: /tmp}}}
"""


def told(*clusters: dict[str, Any], injection: Injection = Injection(), **of: Any) -> list[Notice]:  # noqa: B008 - it is frozen
    return list(notices(service(**of), injection, facts(service(), clusters), ()))


def reasons(found: list[Notice]) -> list[str]:
    return [notice.reason for notice in found]


def test_an_injected_cluster_is_told_with_its_groups() -> None:
    (notice,) = told(injected(cluster(**WORKER)))
    assert (notice.type, notice.reason) == ("Normal", "Injected")
    assert notice.message == "RayCluster llama-x7k2p is monitored in: headgroup, workers."


def test_a_cluster_that_was_made_without_us_needs_a_rollout_and_its_owner_learns_how_and_at_what_cost() -> None:
    (notice,) = told(cluster(**WORKER))
    assert (notice.type, notice.reason) == ("Warning", "RestartRequired")
    assert "`rayscope rollout chat -n ns`" in notice.message
    assert "GPUs included" in notice.message
    assert "Ray's own metrics port is scraped" in notice.message


def test_who_wants_no_injection_is_not_told_to_restart_for_it() -> None:
    assert told(cluster(**WORKER), injection=Injection(enabled=False)) == []


def test_a_group_that_cannot_be_injected_is_told_with_its_reason() -> None:
    found = told(injected(cluster(group(pod(hostNetwork=True)), **WORKER)))
    assert sorted(reasons(found)) == ["Injected", "Skipped"]
    (skipped,) = (notice for notice in found if notice.reason == "Skipped")
    assert skipped.message.startswith("Group headgroup of RayCluster llama-x7k2p: HostNetwork: ")


def test_a_cluster_that_is_being_deleted_is_not_worth_a_word() -> None:
    dying = cluster()
    dying["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert told(dying) == []


@pytest.mark.parametrize("label", ["VLLM", "true", ""])
def test_a_label_with_another_value_is_told_with_the_one_that_is_allowed(label: str) -> None:
    (notice,) = told(cluster(), label=label)
    assert (notice.type, notice.reason) == ("Warning", "InvalidLabel")
    assert repr(label) in notice.message
    assert "'vllm'" in notice.message


def test_a_service_without_the_label_is_none_of_our_business() -> None:
    assert told(cluster(), label=None, config=APPLICATION) == []


def test_an_exporter_that_nobody_has_any_more_is_told() -> None:
    (notice,) = notices(service(), Injection(), (), ["0123456789"])
    assert (notice.type, notice.reason) == ("Warning", "ExporterMissing")
    assert "rayscope-exporter-0123456789" in notice.message


@pytest.mark.parametrize(("config", "where"), [(APPLICATION, "(llm)"), (DEPLOYMENT, "(llm/vllm)")])
def test_a_runtime_env_that_takes_the_variable_away_is_told(config: str, where: str) -> None:
    (notice,) = told(config=config)
    assert (notice.type, notice.reason) == ("Warning", "RuntimeEnvOverrides")
    assert where in notice.message


@pytest.mark.parametrize(
    "config",
    [
        None,
        "applications: [{name: llm, runtime_env: {env_vars: {A: b}}}]",
        "# PROMETHEUS_MULTIPROC_DIR\napplications: []",
        "PROMETHEUS_MULTIPROC_DIR: [",
        "PROMETHEUS_MULTIPROC_DIR",
        "applications: {PROMETHEUS_MULTIPROC_DIR: 1}",
        "applications: [PROMETHEUS_MULTIPROC_DIR, {deployments: 1, runtime_env: 2}]",
    ],
)
def test_a_configuration_that_does_not_set_it_or_is_none_at_all_is_left_to_others(config: str | None) -> None:
    assert told(config=config) == []


def test_the_same_state_gives_the_same_notices() -> None:
    assert told(cluster(**WORKER)) == told(cluster(**WORKER))
