"""Images with Python to build others on: the official one where it can be had, else Debian's own Python.

The one to install with differs from the one to ship: it trusts the certificates that this machine trusts.
"""

import ast
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.kind import debian, docker, registry
from tests.kind.command import run
from tests.kind.configuration import PREFIX
from tests.kind.recipe import digest
from tests.plane.progress import Step

OFFICIAL = "python:3.11-slim-bookworm"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
INDEX = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")


@dataclass(frozen=True)
class Bases:
    ship: str
    install: str


def bases() -> Bases:
    if registry.reachable():
        return Bases(OFFICIAL, OFFICIAL)
    return Bases(_debian(), _trusting())


def index_arguments() -> dict[str, str]:
    """Where pip installs from here, if that is not PyPI: as build arguments of a Dockerfile."""
    return parse_index(run(sys.executable, "-m", "pip", "config", "list"))


def parse_index(listed: str) -> dict[str, str]:
    """From what `pip config list` prints: the environment goes before the files, whatever their order there."""
    found: dict[str, str] = {}
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        variable = f"PIP_{name.rpartition('.')[2].replace('-', '_').upper()}"
        if variable in INDEX:
            found[variable] = " ".join(ast.literal_eval(value).split())
    return found


def _debian() -> str:
    return docker.ensure(f"{PREFIX}/python:{debian.SUITE}-{digest(*PACKAGES, *debian.LEFT_OUT)}", _make)


def _make(current: Step) -> None:
    docker.import_archive(debian.root_archive("python", PACKAGES), current.what)


def _trusting() -> str:
    """The certificates may differ between machines, so the image's name does."""
    base, certificates = _debian(), Path(os.environ.get("SSL_CERT_FILE") or CERTIFICATES)
    instructions = f"FROM {base}\nCOPY certificates {CERTIFICATES}\nENV PIP_CERT={CERTIFICATES}\n"
    tag = f"{PREFIX}/python-install:{debian.SUITE}-{digest(instructions, certificates)}"
    return docker.ensure(tag, lambda _: docker.build_from(instructions, tag, {"certificates": certificates}))
