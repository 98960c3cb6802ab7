"""The six parts of an injection: where each is appended, what it is, and how one that is there already is recognised.

A part is recognised by what makes it work, not by its details: those may come from an older payload.
"""

from __future__ import annotations

from collections.abc import Callable
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

PartName = Literal["env", "mount", "volume", "exporterVolume", "container", "label"]


@dataclass(frozen=True)
class Part:
    """One thing that a node group carries once it is injected."""

    name: PartName
    place: Place
    """The list or object that holds it, below the group's `template`."""
    ours: Callable[[Any], bool]
    """Whether an entry of that list is it; for a label, whether the object has it."""
    content: Callable[[Candidate, Payload], Any]
    key: str = END

    def find(self, template: Manifest) -> int | str | None:
        """Where in its list or object the part is; None if it is not there. Of several, the last one takes effect."""
        holder = value_at(template, self.place)
        if self.key != END:
            return self.key if self.ours(holder or {}) else None
        positions = (index for index in range(len(holder or ()) - 1, -1, -1) if self.ours(holder[index]))
        return next(positions, None)


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


def _exporter_volume(candidate: Candidate, payload: Payload) -> dict[str, Any]:
    config_map = exporter_config_map(candidate.service, payload.exporter)
    return {"name": EXPORTER_VOLUME, "configMap": {"name": config_map, "optional": True}}


PARTS = (
    Part("env", ("spec", "containers", 0, "env"), is_variable, _variable),
    Part("mount", ("spec", "containers", 0, "volumeMounts"), is_mount, _mount),
    Part("volume", ("spec", "volumes"), is_volume, _volume),
    Part("exporterVolume", ("spec", "volumes"), is_exporter_volume, _exporter_volume),
    Part("container", ("spec", "containers"), is_exporter, exporter_container),
    Part(
        "label",
        ("metadata", "labels"),
        lambda labels: SERVICE_LABEL in labels,
        lambda candidate, _payload: candidate.service,
        key=SERVICE_LABEL,
    ),
)
"""In the order in which they are appended."""
