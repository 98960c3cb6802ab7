"""The exporter's container: Ray's image and user, no privileges, no GPU, no probe."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rayscope.model.payload import Payload
from tests.unit.inject.clusters import Document, cluster, exporter, group, injected, pod, ray


def beside(ray_container: Document, **payload: Any) -> Document:
    """The exporter beside that Ray container."""
    whole = Payload(exporter="0123456789", **payload)
    return exporter(injected(cluster(group(pod(ray_container=ray_container))), whole))


def test_it_runs_in_rays_image_pulled_as_ray_pulls_it() -> None:
    container = beside(ray(image="registry.example/ray@sha256:00", imagePullPolicy="Never"))
    assert container["image"] == "registry.example/ray@sha256:00"
    assert container["imagePullPolicy"] == "Never"


def test_a_pull_policy_that_is_not_given_is_not_invented() -> None:
    assert "imagePullPolicy" not in beside(ray())


def test_an_image_of_its_own_has_no_pull_policy_of_rays() -> None:
    container = beside(ray(imagePullPolicy="Never"), image="python:3.13-slim")
    assert container["image"] == "python:3.13-slim"
    assert "imagePullPolicy" not in container


def test_the_program_gets_directory_port_and_families() -> None:
    container = beside(ray(), port=9999, families=("vllm:", "http_"))
    assert container["args"] == [
        "/opt/rayscope/exporter.pyz",
        "--dir",
        "/var/run/rayscope/prometheus",
        "--port",
        "9999",
        "--families",
        "vllm:,http_",
    ]
    assert container["command"][:2] == ["/bin/sh", "-c"]


def test_no_families_means_all() -> None:
    assert beside(ray(), families=())["args"][-2:] == ["--families", ""]


@pytest.mark.parametrize("prefix", ["", "a,b", "$(HOME)", "a b", "1a"])
def test_a_prefix_that_no_family_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(ValidationError):
        Payload(exporter="0123456789", families=(prefix,))


def test_its_port_has_the_name_that_the_monitor_selects() -> None:
    assert beside(ray())["ports"] == [{"name": "vllm-metrics", "containerPort": 9475, "protocol": "TCP"}]


def test_no_probe_can_make_the_head_not_ready() -> None:
    assert not {"livenessProbe", "readinessProbe", "startupProbe", "lifecycle"} & set(beside(ray()))


def test_it_can_write_the_directory_and_read_its_program() -> None:
    assert beside(ray())["volumeMounts"] == [
        {"name": "rayscope", "mountPath": "/var/run/rayscope/prometheus"},
        {"name": "rayscope-exporter", "mountPath": "/opt/rayscope", "readOnly": True},
    ]


def test_it_has_no_gpu() -> None:
    assert beside(ray())["env"] == [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}]


def test_it_has_no_privileges_and_no_user_that_ray_has_not() -> None:
    assert beside(ray())["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_it_is_the_user_that_ray_is() -> None:
    identity = {"runAsUser": 0, "runAsGroup": 100, "runAsNonRoot": False, "seLinuxOptions": {"level": "s0:c1"}}
    privileged = {"privileged": True, "capabilities": {"add": ["SYS_PTRACE"]}, "readOnlyRootFilesystem": False}
    context = beside(ray(securityContext={**identity, **privileged}))["securityContext"]
    assert context == {**beside(ray())["securityContext"], **identity}
    assert "privileged" not in context


def test_a_ray_container_with_a_read_only_root_is_no_obstacle() -> None:
    assert beside(ray(securityContext={"readOnlyRootFilesystem": True}))["name"] == "rayscope-exporter"


def test_resources_are_the_payloads() -> None:
    container = beside(ray(), cpu_request="20m", memory_request="64Mi", memory_limit="256Mi")
    assert container["resources"] == {
        "requests": {"cpu": "20m", "memory": "64Mi"},
        "limits": {"memory": "256Mi"},
    }


def test_a_pod_with_a_budget_of_its_own_gets_a_container_that_asks_for_nothing() -> None:
    budget = cluster(group(pod(resources={"limits": {"cpu": "8", "memory": "64Gi"}})))
    assert "resources" not in exporter(injected(budget))
