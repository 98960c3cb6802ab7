"""Where built and fetched parts are kept between runs: ~/.cache/rayscope, or $RAYSCOPE_CACHE.

An entry is whole or absent, whoever is killed while filling it; two runs at once fill it once.
"""

import fcntl
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OS = sys.platform
ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def root() -> Path:
    return Path(os.environ.get("RAYSCOPE_CACHE") or Path.home() / ".cache" / "rayscope").absolute()


@dataclass(frozen=True)
class Entry:
    """The directory of one part in one version for this kind of machine."""

    name: str
    version: str

    @property
    def path(self) -> Path:
        return root() / self.name / f"{self.version}-{OS}-{ARCH}"

    def present(self) -> bool:
        return self.path.is_dir()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Wait for whoever fills this entry now. The kernel frees the lock of a run that is killed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(f".{self.path.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def filling(self) -> Iterator[Path]:
        """A directory that becomes the entry, at once and whole, if the block succeeds. The lock must be held."""
        draft = self.path.with_name(f".{self.path.name}.part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            yield draft
            draft.rename(self.path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
