"""Root file systems of Debian packages, by debootstrap: what images are made of where none can be pulled."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.kind import machine
from tests.kind.command import run
from tests.kind.recipe import digest
from tests.plane.cache import Entry
from tests.plane.progress import step

SUITE = "bookworm"
# What no program of an image reads.
LEFT_OUT = (
    *("var/cache/apt/*", "var/lib/apt/lists/*", "var/log/*", "etc/machine-id", "etc/resolv.conf", "etc/hostname"),
    *("usr/share/doc/*", "usr/share/man/*", "usr/share/locale/*", "usr/share/info/*", "usr/share/lintian/*"),
)


def root_archive(name: str, packages: Iterable[str]) -> Path:
    """The archive of a root file system with PACKAGES, kept by what they are."""
    wanted = ",".join(packages)
    entry = Entry(f"debian-{name}", f"{SUITE}-{digest(wanted, *LEFT_OUT)}")
    archive = entry.path / "root.tar"
    if not entry.present():
        machine.require_root("to make an image of Debian packages")
        machine.require("debootstrap")
        with step(f"Debian {SUITE} for {name}", "debootstrap") as current, entry.lock():
            if not entry.present():
                with entry.filling() as draft:
                    _make(draft / "root", wanted, draft / archive.name)
            current.outcome = f"{archive.stat().st_size / 1e6:.0f} MB"
    return archive


def _make(folder: Path, packages: str, archive: Path) -> None:
    run("debootstrap", "--variant=minbase", f"--include={packages}", SUITE, folder)
    for pattern in LEFT_OUT:
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    run("tar", "-C", folder, "--numeric-owner", "-cf", archive, ".")
    shutil.rmtree(folder)
