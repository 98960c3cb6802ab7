"""The exporter as one file that any Python runs: a zip of the package's sources.

The same sources give the same bytes, so that its digest can name it: two replicas of the operator, and a restart of
either, publish one and the same ConfigMap. The exporter is packed, never imported.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_MAIN = """\
import sys

from rayscope.exporter.main import main

sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Zipapp:
    """A zipapp and what it is called by."""

    data: bytes

    @property
    def digest(self) -> str:
        """First ten hex digits of the SHA-256: of the bytes, because a name must mean one content for ever."""
        return hashlib.sha256(self.data).hexdigest()[:10]


def build() -> Zipapp:
    """Pack the exporter of this installation."""
    package = files("rayscope")
    sources = {
        "__main__.py": _MAIN.encode(),
        "rayscope/__init__.py": package.joinpath("__init__.py").read_bytes(),
        **dict(_sources(package.joinpath("exporter"), "rayscope/exporter")),
    }
    return Zipapp(_archive(sources))


def _sources(directory: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry.read_bytes()


def _archive(sources: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name in sorted(sources):
            archive.writestr(_entry(name), sources[name], compresslevel=9)
    return buffer.getvalue()


def _entry(name: str) -> ZipInfo:
    """Nothing of the file but its name: no time, no owner, no platform."""
    entry = ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.compress_type = ZIP_DEFLATED
    return entry
