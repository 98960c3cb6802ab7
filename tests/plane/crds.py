"""CustomResourceDefinitions from files, installed and served."""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.plane.client import Client
from tests.plane.resources import CRDS
from tests.plane.waiting import eventually

MANAGER = "plane"


def apply_crds(client: Client, files: Iterable[Path]) -> None:
    """Apply the CRDs, one a file, as an update where there is one, and wait until all are established."""
    names = [_apply(client, file) for file in files]
    for name in names:
        eventually(partial(_established, client, name), f"CRD {name} is established")


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


def _established(client: Client, name: str) -> bool:
    conditions = client.get(CRDS.path(name=name)).get("status", {}).get("conditions") or []
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)
