"""Programs that are on the machine already: in $KUBEBUILDER_ASSETS, else on PATH.

One is taken only if it is of the wanted minor release: tests must not depend on what happens to be installed.
"""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.plane.catalogue import Program


@dataclass(frozen=True)
class Candidate:
    """An executable of the right name, with the version that it tells (None if it tells none)."""

    path: Path
    version: str | None
    fits: bool


@functools.cache
def candidates(program: Program) -> tuple[Candidate, ...]:
    """Those of the right name, `$KUBEBUILDER_ASSETS` first. Asked once a run: to start one costs a moment."""
    if not program.version_command:
        return ()
    folders = [os.environ.get("KUBEBUILDER_ASSETS"), os.environ.get("PATH", os.defpath)]
    found = [shutil.which(program.name, path=folder) for folder in folders if folder]
    return tuple(_candidate(program, Path(path)) for path in found if path)


def _candidate(program: Program, path: Path) -> Candidate:
    version = _version([str(path), *program.version_command])
    return Candidate(path, version, version is not None and _minor(version) == _minor(program.version))


def _version(command: list[str]) -> str | None:
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\bv?(\d+\.\d+\.\d+)", told.stdout)
    return f"v{match[1]}" if match else None


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.removeprefix("v").split(".")[:2])
