"""What matters to monitoring in a service's Serve config (spec.serveConfigV2: Ray Serve config file, schema v2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from rayscope.model.manifest import Manifest
from rayscope.model.names import MULTIPROC_VARIABLE


def overriding(config: str | None) -> list[str]:
    """Applications and deployments whose runtime_env sets the variable: they write where Rayscope does not look."""
    if not config or MULTIPROC_VARIABLE not in config:
        return []  # parsing YAML takes milliseconds
    return sorted(set(_overriding(config)))


def _overriding(config: str) -> Iterator[str]:
    for application in _objects(_parsed(config), "applications"):
        name = str(application.get("name", "default"))
        if _sets(application):
            yield name
        for deployment in _objects(application, "deployments"):
            if _sets(_object(deployment, "ray_actor_options")):
                yield f"{name}/{deployment.get('name', '')}"


def _parsed(config: str) -> Manifest:
    try:
        parsed = yaml.load(config, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader both
    except (yaml.YAMLError, ValueError):  # the latter: a date that does not exist
        return {}  # KubeRay tells the owner
    return parsed if isinstance(parsed, dict) else {}


def _sets(parent: Manifest) -> bool:
    return MULTIPROC_VARIABLE in _object(_object(parent, "runtime_env"), "env_vars")


def _object(parent: Manifest, field: str) -> Manifest:
    """What a user wrote may be of any type."""
    found: Any = parent.get(field)
    return found if isinstance(found, dict) else {}


def _objects(parent: Manifest, field: str) -> Iterator[Manifest]:
    found = parent.get(field)
    yield from (entry for entry in found if isinstance(entry, dict)) if isinstance(found, list) else ()
