"""`python -m tests.licenses`: docs/licenses.md, from the metadata of the packages that are put into the image.

It reads the installed packages, which are the locked ones, and asks nobody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements-operator.lock"
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "MIT License": "MIT",
}
"""What packages write that have no SPDX expression."""
HEAD = """\
# Licences of what the image holds

Made from the locked dependencies of the operator (`requirements-operator.lock`) by `make generate`; do not edit.
Rayscope itself is Apache-2.0, and so is what it puts into your pods: the exporter is of the standard library alone, and
brings nothing along.

The base image has its own (Python's is PSF-2.0; Debian's packages have theirs in `/usr/share/doc`). The SBOM that is
attached to each release lists all of it, package by package.

| package | version | licence |
|---|---|---|
"""


@dataclass(frozen=True)
class Package:
    """A dependency, and the licence that it declares, as an SPDX expression."""

    name: str
    version: str
    licence: str


def packages() -> list[Package]:
    """Every locked one. Another version installed than the locked one is an error: its licence might differ."""
    locked = re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return [_package(name, version) for name, version in locked]


def document() -> str:
    return HEAD + "".join(f"| {each.name} | {each.version} | {each.licence} |\n" for each in packages())


def _package(name: str, version: str) -> Package:
    told = metadata.metadata(name)
    if told["Version"] != version:
        raise ValueError(f"{name} {told['Version']} is installed, and {version} is locked: run `make install`")
    return Package(name, version, _licence(told))


def _licence(told: metadata.PackageMetadata) -> str:
    """Its SPDX expression, else its short name, else the one that its classifiers name."""
    if "License-Expression" in told:
        return told["License-Expression"]
    classified = [each for each in told.get_all("Classifier") or [] if each.startswith("License :: OSI Approved :: ")]
    named = (told["License"] if "License" in told else "") or " AND ".join(  # noqa: SIM401 - it has no `get` by its type
        each.rsplit(" :: ", 1)[1] for each in classified
    )
    return SPDX.get(named, named)


if __name__ == "__main__":
    print(document(), end="")
