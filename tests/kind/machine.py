"""What the machine itself must have: a few Debian packages, installed where that can be, else asked for by name."""

import os
import shutil

from tests.kind.command import run
from tests.plane.progress import step

# The package that a program is in.
PACKAGES = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
}
FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


class MachineError(Exception):
    """Something is missing here that only the machine's owner can provide; the message says what."""


def require(*programs: str) -> None:
    """Have these PROGRAMS, by apt-get if it must be."""
    missing = [program for program in programs if not _found(program)]
    if not missing:
        return
    packages = sorted({PACKAGES[program] for program in missing})
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise MachineError(f"{', '.join(missing)}: not found; install {' '.join(packages)} (as Debian names them)")
    with step(" ".join(packages), "apt-get") as current:
        _install(packages)
        current.outcome = "installed"


def require_root(why: str) -> None:
    if os.geteuid() != 0:
        raise MachineError(f"{why} takes root, or a container registry that can be reached")


def _found(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{FOLDERS}") is not None


def _install(packages: list[str]) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-q", environment=quiet)
    run("apt-get", "install", "-q", "-y", "--no-install-recommends", "--no-upgrade", *packages, environment=quiet)
