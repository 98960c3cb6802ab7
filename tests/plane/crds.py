"""CustomResourceDefinitions from files, installed and served."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.plane.client import ApiError, Client
from tests.plane.resources import CRDS
from tests.plane.waiting import eventually

MANAGER = "plane"
NOT_YET = (404, 429)  # unknown as yet; its storage is being initialized


def apply_crds(client: Client, files: Iterable[Path]) -> None:
    """Apply the CRDs, one a file, as an update where there is one, and wait until all are served."""
    names = [_apply(client, file) for file in files]
    for name in names:
        eventually(partial(_served, client, name), f"{name} is served")


def _apply(client: Client, file: Path) -> str:
    """Sent as the YAML it is: to parse a megabyte of it here would take longer than to install it."""
    name = _name(file.read_text())
    client.apply(CRDS.path(name=name), file.read_bytes(), manager=MANAGER, force=True)
    return name


def _name(text: str) -> str:
    match = re.search(r"^metadata:\n(?:  .*\n)*?  name: (\S+)$", text, re.MULTILINE)
    if match is None:
        raise ValueError("not the YAML of one CRD: no metadata.name")
    return match[1]


def _served(client: Client, name: str) -> bool:
    """Whether its objects can be listed: "established" comes a moment sooner, and would be a megabyte to read."""
    plural, group = name.split(".", 1)
    try:
        version = client.get(f"/apis/{group}")["preferredVersion"]["groupVersion"]
        client.list(f"/apis/{version}/{plural}")
    except ApiError as error:
        if error.status in NOT_YET:
            return False
        raise
    return True
