"""What a pod carries of Rayscope's."""

from typing import Any

from rayscope.model.names import DIRECTORY, EXPORTER_CONTAINER, MULTIPROC_VARIABLE, VOLUME


def parts(pod: dict[str, Any]) -> tuple[bool, bool, bool, bool]:
    """Whether it has the variable, the mount and the volume, and the exporter beside Ray."""
    ray, *others = pod["spec"]["containers"]
    return (
        {"name": MULTIPROC_VARIABLE, "value": DIRECTORY} in ray.get("env", ()),
        any(mount["name"] == VOLUME and mount["mountPath"] == DIRECTORY for mount in ray.get("volumeMounts", ())),
        any(volume["name"] == VOLUME and "emptyDir" in volume for volume in pod["spec"]["volumes"]),
        any(container["name"] == EXPORTER_CONTAINER for container in others),
    )
