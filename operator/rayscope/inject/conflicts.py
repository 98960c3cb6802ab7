"""What stands in the way of injecting a node group. Nothing of it is ever overwritten or worked around.

Each check answers with the first conflict that it finds, or None. A part of ours that is there already is no conflict.
"""

from __future__ import annotations

from collections.abc import Callable

from rayscope.inject.candidate import Candidate
from rayscope.inject.parts import is_exporter, is_exporter_volume, is_mount, is_variable, is_volume
from rayscope.inject.paths import overlap
from rayscope.inject.ports import port_user
from rayscope.inject.report import Conflict
from rayscope.model.manifest import mapping, sequence
from rayscope.model.names import (
    DIRECTORY,
    EXPORTER_CONTAINER,
    EXPORTER_VOLUME,
    MULTIPROC_VARIABLE,
    SERVICE_LABEL,
    VOLUME,
)


def conflict(candidate: Candidate) -> Conflict | None:
    """The first thing that forbids the injection of this node group; None if it can be injected."""
    return next(filter(None, (check(candidate) for check in _CHECKS)), None)


def _windows(candidate: Candidate) -> Conflict | None:
    pod = candidate.group.pod
    selector = mapping(pod, "nodeSelector")
    systems = (mapping(pod, "os").get("name"), selector.get("kubernetes.io/os"), selector.get("beta.kubernetes.io/os"))
    if "windows" in systems:
        return Conflict("Windows", "The exporter runs on Linux only; let Prometheus scrape the app itself.")
    return None


def _containers(candidate: Candidate) -> Conflict | None:
    if not candidate.containers:
        return Conflict("NoContainer", "Its pod template has no containers; KubeRay makes no pods of it either.")
    if not (candidate.image or candidate.ray.get("image")):
        return Conflict("NoImage", "Its Ray container names no image; name one, or set the exporter's image.")
    return None


def _host_network(candidate: Candidate) -> Conflict | None:
    if candidate.group.pod.get("hostNetwork"):
        message = "Its pods share the node's network, where two exporters would want one port; remove hostNetwork."
        return Conflict("HostNetwork", message)
    return None


def _environment(candidate: Candidate) -> Conflict | None:
    """The variable as the Ray container will see it: `env` wins over `envFrom`, and a later entry over an earlier."""
    entries = [entry for entry in sequence(candidate.ray, "env") if entry.get("name") == MULTIPROC_VARIABLE]
    if entries and not is_variable(entries[-1]):
        value = "from elsewhere (valueFrom)" if entries[-1].get("valueFrom") else f"to {entries[-1].get('value', '')!r}"
        message = (
            f"The Ray container sets {MULTIPROC_VARIABLE} {value}; remove it, and Rayscope provides the directory."
        )
        return Conflict("EnvTaken", message)
    sources = sequence(candidate.ray, "envFrom")
    if not entries and any(MULTIPROC_VARIABLE.startswith(source.get("prefix") or "") for source in sources):
        message = (
            f"The Ray container's envFrom may define {MULTIPROC_VARIABLE}; give it a prefix, or name its keys in env."
        )
        return Conflict("EnvFromUnknown", message)
    return None


def _volumes(candidate: Candidate) -> Conflict | None:
    for volume in sequence(candidate.group.pod, "volumes"):
        if volume.get("name") in {VOLUME, EXPORTER_VOLUME} and not (is_volume(volume) or is_exporter_volume(volume)):
            return Conflict("VolumeTaken", f"It has a volume of its own named {volume['name']}; give it another name.")
    return None


def _mounts(candidate: Candidate) -> Conflict | None:
    mounts = (
        (mount, mount.get("mountPath", "")) for mount in sequence(candidate.ray, "volumeMounts") if not is_mount(mount)
    )
    devices = ((device, device.get("devicePath", "")) for device in sequence(candidate.ray, "volumeDevices"))
    for mount, path in (*mounts, *devices):
        if overlap(path, DIRECTORY):
            message = f"The Ray container mounts {mount.get('name')} at {path}, which overlaps {DIRECTORY}; move it."
            return Conflict("MountPathTaken", message)
    return None


def _ports(candidate: Candidate) -> Conflict | None:
    if user := port_user(candidate):
        return Conflict("PortTaken", f"The {user}; set another port for the exporter, or change that one.")
    return None


def _names(candidate: Candidate) -> Conflict | None:
    """Container names are unique in a pod, init containers included."""
    ray, *others = candidate.containers
    foreign = [ray, *sequence(candidate.group.pod, "initContainers"), *(it for it in others if not is_exporter(it))]
    if any(container.get("name") == EXPORTER_CONTAINER for container in foreign):
        return Conflict("ContainerTaken", f"It has a container of its own named {EXPORTER_CONTAINER}; rename it.")
    return None


def other_service(candidate: Candidate) -> Conflict | None:
    """Also of a group that has every part: a copied manifest has another service's name, by which pods are found."""
    given = mapping(candidate.group.template, "metadata", "labels").get(SERVICE_LABEL, candidate.service)
    if given != candidate.service:
        message = (
            f"Its pod template has the label {SERVICE_LABEL}={given}; remove it, Rayscope sets the service's name. "
            "(`rayscope strip` takes out all that was injected for another service.)"
        )
        return Conflict("LabelTaken", message)
    return None


_CHECKS: tuple[Callable[[Candidate], Conflict | None], ...] = (
    _windows,
    _containers,
    _host_network,
    _environment,
    _volumes,
    _mounts,
    _ports,
    _names,
    other_service,
)
