"""A node group in which anything is in the way stays exactly as it was, and the report says what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.inject import GroupReport, inject
from rayscope.model.payload import Payload
from tests.unit.inject.clusters import PAYLOAD, Document, cluster, group, injected, paths, pod, ray

NAME = "PROMETHEUS_MULTIPROC_DIR"
DIRECTORY = "/var/run/rayscope/prometheus"


def refusal(worker: Document, payload: Payload = PAYLOAD) -> GroupReport:
    """The report of a worker group that must be left alone, while the head beside it is injected all the same."""
    report = verdict(worker, payload)
    assert report.outcome == "skipped"
    return report


def verdict(worker: Document, payload: Payload = PAYLOAD) -> GroupReport:
    """The report of a worker group; it is in the patch if, and only if, it is injected."""
    injection = inject(cluster(gpu=worker), payload)
    head, gpu = injection.groups
    assert head.outcome == "injected"
    touched = any(path.startswith("/spec/workerGroupSpecs/0") for path in paths(injection))
    assert touched == (gpu.outcome == "injected")
    return gpu


def with_ray(**fields: Any) -> Document:
    return group(pod(ray_container=ray(**fields)))


def with_mount(path: str) -> Document:
    return with_ray(volumeMounts=[{"name": "data", "mountPath": path}])


def test_a_cluster_that_was_made_for_no_service_is_never_touched() -> None:
    plain = cluster(gpu=group())
    del plain["metadata"]["labels"]["ray.io/originated-from-cr-name"]
    injection = inject(plain, PAYLOAD)
    assert injection.patch == ()
    assert {report.reason for report in injection.groups} == {"NotForService"}


def test_a_cluster_of_a_ray_job_is_never_touched() -> None:
    job = cluster()
    job["metadata"]["labels"]["ray.io/originated-from-crd"] = "RayJob"
    assert inject(job, PAYLOAD).patch == ()


def test_a_cluster_of_which_no_group_can_be_injected_gets_no_record_either() -> None:
    both = cluster(group(pod(hostNetwork=True)), gpu=group(pod(hostNetwork=True)))
    injection = inject(both, PAYLOAD)
    assert injection.patch == ()
    assert [report.reason for report in injection.groups] == ["HostNetwork", "HostNetwork"]


def test_a_group_without_containers_is_left_alone() -> None:
    assert refusal(group({"containers": []})).reason == "NoContainer"


def test_a_group_without_a_template_is_left_alone() -> None:
    assert refusal({"template": None}).reason == "NoContainer"


def test_a_ray_container_without_an_image_leaves_nothing_to_run_the_exporter_in() -> None:
    nameless = group({"containers": [{"name": "ray"}]})
    assert refusal(nameless).reason == "NoImage"
    assert verdict(nameless, Payload(exporter="0123456789", image="python:3.13-slim")).outcome == "injected"


def test_a_second_group_of_the_same_name_is_left_alone() -> None:
    twins = cluster(gpu=group())
    twins["spec"]["workerGroupSpecs"].append({"groupName": "gpu", **group()})
    assert [report.reason for report in inject(twins, PAYLOAD).groups] == ["Injected", "Injected", "GroupNameTaken"]


@pytest.mark.parametrize(
    "windows",
    [
        {"os": {"name": "windows"}},
        {"nodeSelector": {"kubernetes.io/os": "windows"}},
        {"nodeSelector": {"beta.kubernetes.io/os": "windows"}},
    ],
)
def test_windows_is_left_alone(windows: Document) -> None:
    assert refusal(group(pod(**windows))).reason == "Windows"


def test_host_network_is_left_alone() -> None:
    assert refusal(group(pod(hostNetwork=True))).reason == "HostNetwork"


def test_host_network_false_is_no_host_network() -> None:
    assert verdict(group(pod(hostNetwork=False))).outcome == "injected"


def test_a_variable_with_another_value_is_kept() -> None:
    report = refusal(with_ray(env=[{"name": NAME, "value": "/tmp/metrics"}]))
    assert report.reason == "EnvTaken"
    assert "'/tmp/metrics'" in report.message


def test_a_variable_from_elsewhere_is_kept() -> None:
    source = {"configMapKeyRef": {"name": "settings", "key": "dir"}}
    report = refusal(with_ray(env=[{"name": NAME, "valueFrom": source}]))
    assert report.reason == "EnvTaken"
    assert "valueFrom" in report.message


@pytest.mark.parametrize("entry", [{"name": NAME, "value": ""}, {"name": NAME}])
def test_an_empty_variable_is_kept(entry: Document) -> None:
    assert refusal(with_ray(env=[entry])).reason == "EnvTaken"


def test_of_a_variable_that_is_set_twice_the_last_one_counts() -> None:
    ours, other = {"name": NAME, "value": DIRECTORY}, {"name": NAME, "value": "/tmp/metrics"}
    assert refusal(with_ray(env=[ours, other])).reason == "EnvTaken"
    assert verdict(with_ray(env=[other, ours])).outcome == "injected"


def test_a_variable_in_another_container_is_no_concern() -> None:
    sidecar = {"name": "app", "env": [{"name": NAME, "value": "/tmp/metrics"}]}
    assert verdict(group(pod(sidecar))).outcome == "injected"


@pytest.mark.parametrize("prefix", [{}, {"prefix": None}, {"prefix": ""}, {"prefix": "PROMETHEUS_"}])
def test_an_env_from_that_may_define_the_variable_is_believed_to(prefix: Document) -> None:
    source = {"secretRef": {"name": "tokens"}, **prefix}
    assert refusal(with_ray(envFrom=[source])).reason == "EnvFromUnknown"


def test_an_env_from_with_a_prefix_that_rules_the_variable_out_does_not_count() -> None:
    source = {"prefix": "HF_", "secretRef": {"name": "tokens"}}
    assert verdict(with_ray(envFrom=[source])).outcome == "injected"


def test_an_env_from_is_overruled_by_the_variable_itself() -> None:
    ours = {"name": NAME, "value": DIRECTORY}
    assert verdict(with_ray(env=[ours], envFrom=[{"secretRef": {"name": "tokens"}}])).outcome == "injected"


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "rayscope", "hostPath": {"path": "/data"}},
        {"name": "rayscope", "emptyDir": {}},
        {"name": "rayscope", "emptyDir": None},
        {"name": "rayscope-exporter", "emptyDir": {"medium": "Memory"}},
        {"name": "rayscope-exporter", "configMap": {"name": "mine"}},
    ],
)
def test_a_volume_of_the_same_name_is_kept(volume: Document) -> None:
    report = refusal(group(pod(volumes=[volume])))
    assert report.reason == "VolumeTaken"
    assert volume["name"] in report.message


@pytest.mark.parametrize(
    "path", [DIRECTORY, DIRECTORY + "/", "/run/rayscope/prometheus", "/var//run/./rayscope/prometheus"]
)
def test_a_mount_at_the_same_path_is_kept(path: str) -> None:
    assert refusal(with_mount(path)).reason == "MountPathTaken"


@pytest.mark.parametrize("path", ["/", "/var", "/var/run", "/run", "/run/rayscope", "/var/run/rayscope/"])
def test_a_mount_above_the_directory_is_kept(path: str) -> None:
    report = refusal(with_mount(path))
    assert report.reason == "MountPathTaken"
    assert "data" in report.message


@pytest.mark.parametrize("path", [DIRECTORY + "/old", "/run/rayscope/prometheus/a/b"])
def test_a_mount_inside_the_directory_is_kept(path: str) -> None:
    assert refusal(with_mount(path)).reason == "MountPathTaken"


@pytest.mark.parametrize(
    "path", ["/var/lib", "/run/rayscope2", "/var/run/rayscope/prometheus2", "/opt/rayscope", "/tmp"]
)
def test_a_mount_beside_the_directory_is_no_concern(path: str) -> None:
    assert verdict(with_mount(path)).outcome == "injected"


def test_a_mount_in_another_container_is_no_concern() -> None:
    sidecar = {"name": "app", "volumeMounts": [{"name": "data", "mountPath": "/run"}]}
    assert verdict(group(pod(sidecar))).outcome == "injected"


def test_a_device_at_the_path_is_kept() -> None:
    assert refusal(with_ray(volumeDevices=[{"name": "disk", "devicePath": DIRECTORY}])).reason == "MountPathTaken"


def test_our_volume_mounted_read_only_is_no_place_to_write() -> None:
    mount = {"name": "rayscope", "mountPath": DIRECTORY, "readOnly": True}
    assert refusal(with_ray(volumeMounts=[mount])).reason == "MountPathTaken"


def test_a_part_of_our_volume_at_our_path_is_not_what_the_exporter_reads() -> None:
    mount = {"name": "rayscope", "mountPath": DIRECTORY, "subPath": "a"}
    assert refusal(with_ray(volumeMounts=[mount])).reason == "MountPathTaken"


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_a_port_that_a_container_uses_is_left_to_it(kind: str) -> None:
    spec = pod()
    spec.setdefault(kind, []).append({"name": "app", "ports": [{"containerPort": 9475}]})
    report = refusal(group(spec))
    assert report.reason == "PortTaken"
    assert "container app" in report.message


def test_a_port_name_that_a_container_uses_is_left_to_it() -> None:
    spec = pod({"name": "app", "ports": [{"name": "vllm-metrics", "containerPort": 8001}]})
    assert refusal(group(spec)).reason == "PortTaken"


def test_the_same_number_over_udp_is_another_port() -> None:
    spec = pod({"name": "app", "ports": [{"containerPort": 9475, "protocol": "UDP"}]})
    assert verdict(group(spec)).outcome == "injected"


def test_a_port_that_ray_is_told_to_use_is_left_to_it() -> None:
    report = refusal(group(params={"metrics-export-port": "9475"}))
    assert report.reason == "PortTaken"
    assert "metrics-export-port" in report.message


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_a_container_of_the_same_name_is_kept(kind: str) -> None:
    spec = pod()
    spec.setdefault(kind, []).append({"name": "rayscope-exporter", "image": "mine"})
    assert refusal(group(spec)).reason == "ContainerTaken"


def test_a_ray_container_of_the_same_name_is_kept() -> None:
    assert refusal(with_ray(name="rayscope-exporter")).reason == "ContainerTaken"


def test_a_label_with_another_value_is_kept() -> None:
    report = refusal(group(metadata={"labels": {"rayscope.dev/service": "other"}}))
    assert report.reason == "LabelTaken"
    assert "other" in report.message


def test_what_was_injected_for_another_service_is_no_injection() -> None:
    copied = injected(cluster(gpu=group()))
    copied["metadata"]["labels"]["ray.io/originated-from-cr-name"] = "copy"
    injection = inject(copied, PAYLOAD)
    assert not injection.patch
    assert {(report.outcome, report.reason) for report in injection.groups} == {("skipped", "LabelTaken")}
