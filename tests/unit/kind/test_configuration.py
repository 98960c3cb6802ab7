"""What kind is asked for, for its own node images and for ours."""

from typing import Any

import yaml

from tests.kind import configuration
from tests.plane.versions import VERSIONS


def test_a_cluster_has_a_control_plane_and_its_workers() -> None:
    roles = [node["role"] for node in configuration.ordinary(2)["nodes"]]
    assert roles == ["control-plane", "worker", "worker"]


def test_an_ordinary_image_keeps_its_own_network_and_registry() -> None:
    document = configuration.ordinary(0)
    assert document["networking"] == {}
    assert set(_patches(document)) == {"KubeletConfiguration"}


def test_ours_is_told_the_names_of_what_it_carries() -> None:
    control_plane = _patches(configuration.local(0))["ClusterConfiguration"]
    assert control_plane["imageRepository"] == configuration.PREFIX
    assert control_plane["etcd"]["local"]["imageTag"] == VERSIONS.etcd
    assert control_plane["dns"]["imageTag"] == VERSIONS.coredns


def test_any_kubelet_runs_on_a_machine_with_the_first_cgroups() -> None:
    for document in (configuration.ordinary(0), configuration.local(0)):
        assert _patches(document)["KubeletConfiguration"]["failCgroupV1"] is False


def _patches(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    patches = [yaml.safe_load(patch) for patch in document["kubeadmConfigPatches"]]
    return {patch["kind"]: patch for patch in patches}
