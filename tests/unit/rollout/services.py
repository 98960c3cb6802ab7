"""A labelled RayService whose cluster serves, in parts that a test can replace."""

import copy
from typing import Any

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, RAY_GROUPS_ANNOTATION, RAY_HASH_ANNOTATION
from rayscope.model.service import Service
from tests.unit.inject.clusters import Document, cluster, group

OLD, NEW = "llama-x7k2p", "llama-b4d9q"


def manifest(**spec: Any) -> Document:
    """A RayService that serves from OLD."""
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "metadata": {
            "name": "llama",
            "namespace": "serving",
            "uid": "6b1c",
            "labels": {MONITOR_LABEL: MONITOR_VALUE},
        },
        "spec": {"rayClusterConfig": ray_cluster()["spec"], **spec},
        "status": {"activeServiceStatus": {"rayClusterName": OLD}, "pendingServiceStatus": {}},
    }


def service(given: Document | None = None, **spec: Any) -> Service:
    return Service.of(given or manifest(**spec))


def ray_cluster(name: str = OLD) -> Document:
    """A RayCluster as KubeRay made it, without Rayscope."""
    made = copy.deepcopy(cluster(group(), workers=group()))
    made["metadata"]["name"] = name
    made["metadata"]["uid"] = f"uid-of-{name}"
    made["metadata"]["annotations"] = {
        RAY_HASH_ANNOTATION: "NERNUVVVJDRNM67JRGMECI165HBUPB8O",
        RAY_GROUPS_ANNOTATION: "1",
        "ray.io/kuberay-version": "v1.6.2",
    }
    return made


def condition(name: str, status: str = "True", reason: str = "Because") -> Document:
    return {"type": name, "status": status, "reason": reason}
