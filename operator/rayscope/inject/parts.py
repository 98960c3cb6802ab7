"""The six parts of an injection: where each is appended, what it is, and how one that is there already is recognised.

A part is recognised by what makes it work, not by its details: those may come from an older payload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rayscope.inject.candidate import Candidate
from rayscope.inject.container import exporter_container
from rayscope.inject.patch import END, Place, value_at
from rayscope.inject.paths import same
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import (
    DIRECTORY,
    EXPORTER_CONTAINER,
    EXPORTER_VOLUME,
    MULTIPROC_VARIABLE,
    SERVICE_LABEL,
    VOLUME,
    exporter_config_map,
)
from rayscope.model.payload import Payload

_POD: Place = ("spec",)
_RAY: Place = ("spec", "containers", 0)

PartName = Literal["env", "mount", "volume", "exporterVolume", "container", "label"]


@dataclass(frozen=True)
class Part:
    """One thing that a node group carries once it is injected."""

    name: PartName
    place: Place
    """The list or object that holds it, below the group's `template`."""
    key: str
    """Its key in that object; in a list, the `name` of its entry."""
    content: Callable[[Candidate, Payload], Any]
    ours: Callable[[Manifest], bool] = bool
    """Whether an entry of that name is it."""

    @property
    def position(self) -> str:
        """Where it is added."""
        return self.key if self.name == "label" else END

    def find(self, template: Manifest) -> int | str | None:
        """Where in its list or object the part is; None if it is not there. Of several, the last one takes effect."""
        holder = value_at(template, self.place) or ()
        if isinstance(holder, Mapping):
            return self.key if self.key in holder else None
        for index in range(len(holder) - 1, -1, -1):  # ours are at the end, and lists can be long
            if holder[index].get("name") == self.key and self.ours(holder[index]):
                return index
        return None


def is_variable(entry: Manifest) -> bool:
    return entry.get("name") == MULTIPROC_VARIABLE and entry.get("value") == DIRECTORY


def is_mount(entry: Manifest) -> bool:
    """Of the whole volume, at our path, and writable: anything else at our path is somebody else's."""
    restricted = any(entry.get(key) for key in ("readOnly", "subPath", "subPathExpr"))
    return entry.get("name") == VOLUME and same(entry.get("mountPath", ""), DIRECTORY) and not restricted


def is_volume(entry: Manifest) -> bool:
    return entry.get("name") == VOLUME and mapping(entry, "emptyDir").get("medium") == "Memory"


def is_exporter_volume(entry: Manifest) -> bool:
    return entry.get("name") == EXPORTER_VOLUME and bool(mapping(entry, "configMap").get("optional"))


def is_exporter(entry: Manifest) -> bool:
    mounts = sequence(entry, "volumeMounts")
    return entry.get("name") == EXPORTER_CONTAINER and any(mount.get("name") == EXPORTER_VOLUME for mount in mounts)


def _variable(_candidate: Candidate, _payload: Payload) -> dict[str, Any]:
    return {"name": MULTIPROC_VARIABLE, "value": DIRECTORY}


def _mount(_candidate: Candidate, _payload: Payload) -> dict[str, Any]:
    return {"name": VOLUME, "mountPath": DIRECTORY}


def _volume(_candidate: Candidate, payload: Payload) -> dict[str, Any]:
    return {"name": VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": payload.volume_size}}


def _exporter_volume(_candidate: Candidate, payload: Payload) -> dict[str, Any]:
    config_map = exporter_config_map(payload.exporter)
    return {"name": EXPORTER_VOLUME, "configMap": {"name": config_map, "optional": True}}


def _label(candidate: Candidate, _payload: Payload) -> str:
    return candidate.service


PARTS = (
    Part("env", (*_RAY, "env"), MULTIPROC_VARIABLE, _variable, is_variable),
    Part("mount", (*_RAY, "volumeMounts"), VOLUME, _mount, is_mount),
    Part("volume", (*_POD, "volumes"), VOLUME, _volume, is_volume),
    Part("exporterVolume", (*_POD, "volumes"), EXPORTER_VOLUME, _exporter_volume, is_exporter_volume),
    Part("container", (*_POD, "containers"), EXPORTER_CONTAINER, exporter_container, is_exporter),
    Part("label", ("metadata", "labels"), SERVICE_LABEL, _label),
)
"""In the order in which they are added."""
