"""CustomResourceDefinitions from files, installed and served."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.plane.client import ApiError, Client, Manifest
from tests.plane.resources import CRDS, Resource
from tests.plane.waiting import eventually

MANAGER = "plane"
NOT_YET = (404, 429)  # unknown as yet; its storage is being initialized


def apply_crds(client: Client, files: Iterable[Path]) -> None:
    """Apply the CRDs, one a file, as an update where there is one, and wait until all are served."""
    for resource in [_resource(_apply(client, file)) for file in files]:
        eventually(partial(_served, client, resource.path()), f"{resource.path()} is served")


def _apply(client: Client, file: Path) -> Manifest:
    """Sent as the YAML it is: to parse a megabyte of it here would take longer than to install it."""
    path = CRDS.path(name=_name(file.read_text()))
    return client.apply(path, file.read_bytes(), manager=MANAGER, force=True)


def _name(text: str) -> str:
    match = re.search(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", text, re.MULTILINE)
    if match is None:
        raise ValueError("not the YAML of one CRD: no metadata.name")
    return match[1]


def _resource(crd: Manifest) -> Resource:
    spec = crd["spec"]
    version = next(version["name"] for version in spec["versions"] if version["served"])
    return Resource(spec["group"], version, spec["names"]["plural"])


def _served(client: Client, path: str) -> bool:
    """Whether its objects can be listed: "established" comes a moment sooner, and would be a megabyte to read."""
    try:
        client.get(path, limit=1)
    except ApiError as error:
        if error.status in NOT_YET:
            return False
        raise
    return True
