"""The exporter in the Pythons that Ray images have: each that is found here imports all of it and answers a scrape."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rayscope
from tests.unit.exporter.test_captures import CAPTURES

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
SOURCE = Path(rayscope.__file__).parents[1]

_SCRAPE = """
import importlib, pkgutil, sys
import rayscope.exporter
for module in pkgutil.walk_packages(rayscope.exporter.__path__, "rayscope.exporter."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.numbers.collector import Collector
from rayscope.exporter.files.liveness import Liveness
directory = sys.argv[1]
answer = Collector(directory, (), "merged", Liveness(directory), Archive(directory)).scrape()
assert answer.openmetrics()
sys.stdout.buffer.write(answer.text())
"""


@functools.cache
def interpreter(version: str) -> str | None:
    """A Python of that version: on the path, or among pyenv's."""
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
    ]
    return next((path for path in candidates if path and _runs(path, version)), None)


def _runs(path: str, version: str) -> bool:
    """pyenv's shims are on the path also where they lead nowhere."""
    done = subprocess.run([path, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False)
    return done.stdout.startswith(f"{version}.")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_exporter_runs_in_this_python(tmp_path: Path, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    directory = shutil.copytree(CAPTURES / "ray-head-two-replicas-under-load", tmp_path / "metrics")
    command = ["-I", "-c", f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n{_SCRAPE}", str(directory)]
    answers = [
        subprocess.run([one, *command], capture_output=True, check=True).stdout for one in (python, sys.executable)
    ]
    assert answers[0] == answers[1]
    assert answers[0].count(b"\n") > 300
