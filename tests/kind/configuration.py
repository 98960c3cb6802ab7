"""What kind is asked for. Pure: numbers in, the document of `kind create cluster --config` out."""

from typing import Any

import yaml

from tests.plane.versions import VERSIONS

# Nobody's registry: what is made here cannot be taken for an official image, and a missing one fails at once.
PREFIX = "kind.local"


def ordinary(workers: int) -> dict[str, Any]:
    """For kind's own node images."""
    return _cluster(workers, {}, [_kubelet()])


def local(workers: int) -> dict[str, Any]:
    """For the node image that is made here: it brings its own pod network, and control-plane images of other names."""
    networking = {"disableDefaultCNI": True, "kubeProxyMode": "nftables"}
    control_plane = {
        "kind": "ClusterConfiguration",
        "imageRepository": PREFIX,
        "etcd": {"local": {"imageTag": VERSIONS.etcd}},
        "dns": {"imageTag": VERSIONS.coredns},
    }
    # There is no systemd in the node; node/entrypoint.sh writes what pods resolve names with.
    kubelet = _kubelet(cgroupDriver="cgroupfs", resolvConf="/kind/resolv.conf")
    return _cluster(workers, networking, [control_plane, kubelet])


def _kubelet(**more: str) -> dict[str, Any]:
    """The machine may still have version 1 of cgroups. What a pod mounts is looked at often: configurations change."""
    return {"kind": "KubeletConfiguration", "failCgroupV1": False, "syncFrequency": "10s", **more}


def _cluster(workers: int, networking: dict[str, Any], patches: list[dict[str, Any]]) -> dict[str, Any]:
    roles = ["control-plane", *["worker"] * workers]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": networking,
        "nodes": [{"role": role} for role in roles],
        "kubeadmConfigPatches": [_yaml(patch) for patch in patches],
    }


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)
