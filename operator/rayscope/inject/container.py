"""The exporter's container: beside Ray, in Ray's own image, as the same user, and never in Ray's way.

No probes: a container that is not ready makes the head not ready, and KubeRay then stops serving.
"""

from __future__ import annotations

from typing import Any

from rayscope.inject.candidate import Candidate
from rayscope.inject.loop import LOOP
from rayscope.inject.resources import exporter_resources
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import (
    DIRECTORY,
    EXPORTER_CONTAINER,
    EXPORTER_FILE,
    EXPORTER_MOUNT,
    EXPORTER_PORT_NAME,
    EXPORTER_VOLUME,
    VOLUME,
)
from rayscope.model.payload import Payload

_COPIED = ("runAsUser", "runAsGroup", "runAsNonRoot", "seLinuxOptions")
"""What decides which files a process may read. Copied from the Ray container, never invented: `runAsNonRoot` with an
image whose user is root, or has only a name, is a container that cannot be created, and a head that never starts."""


def exporter_container(candidate: Candidate, payload: Payload) -> dict[str, Any]:
    """The container for this node group."""
    resources = exporter_resources(candidate.group.pod, payload)
    return {
        "name": EXPORTER_CONTAINER,
        **_image(candidate.ray, payload),
        "command": ["/bin/sh", "-c", LOOP, EXPORTER_CONTAINER],
        "args": _arguments(payload),
        # The GPU runtime gives every container that does not say otherwise all of the node's GPUs, if the image asks.
        "env": [{"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}],
        "ports": [{"name": EXPORTER_PORT_NAME, "containerPort": payload.port, "protocol": "TCP"}],
        **({"resources": resources} if resources else {}),
        "securityContext": _security_context(candidate.ray),
        "volumeMounts": [
            {"name": VOLUME, "mountPath": DIRECTORY},
            {"name": EXPORTER_VOLUME, "mountPath": EXPORTER_MOUNT, "readOnly": True},
        ],
    }


def _image(ray: Manifest, payload: Payload) -> dict[str, str]:
    """Ray's image as Ray gets it; the pull policy goes with the image, so another image has the cluster's default."""
    if payload.image:
        return {"image": payload.image}
    return {key: ray[key] for key in ("image", "imagePullPolicy") if ray.get(key)}


def _arguments(payload: Payload) -> list[str]:
    """The loop's: the program, and what the program takes."""
    program = f"{EXPORTER_MOUNT}/{EXPORTER_FILE}"
    families = ",".join(payload.families)
    return [program, "--dir", DIRECTORY, "--port", str(payload.port), "--families", families]


def _security_context(ray: Manifest) -> dict[str, Any]:
    """What Pod Security's `restricted` demands, as far as it does not depend on the image; the rest is Ray's."""
    given = mapping(ray, "securityContext")
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        **{key: given[key] for key in _COPIED if given.get(key) is not None},
    }
