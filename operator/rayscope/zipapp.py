"""The exporter as one file that any Python runs: a zip of the package's sources, without their prose.

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
from operator import attrgetter
from tokenize import COMMENT, DEDENT, INDENT, NEWLINE, NL, STRING, TokenInfo, generate_tokens
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rayscope.packed import MEMBER, SEPARATOR


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
        "rayscope/__init__.py": package.joinpath("__init__.py").read_text(encoding="utf-8"),
        **dict(_sources(package.joinpath("exporter"), "rayscope/exporter")),
    }
    modules = SEPARATOR.join(part for name in sorted(sources) for part in (name, bare(sources[name])))
    return Zipapp(_archive({"__main__.py": bare(package.joinpath("packed.py").read_text("utf-8")), MEMBER: modules}))


def bare(source: str) -> str:
    """The program without comments and docstrings: a third of the size, and etcd keeps a copy a namespace.

    Every statement stays on its line, so that a traceback from a user's pod can be read beside the sources.
    """
    lines = source.splitlines(keepends=True)
    for token in sorted(_prose(source), key=attrgetter("start"), reverse=True):
        (first, start), (last, end) = token.start, token.end
        rest = '""' if token.type == STRING else ""
        lines[first - 1 : last] = [lines[first - 1][:start] + rest + lines[last - 1][end:], *["\n"] * (last - first)]
    return "".join(lines)


def _prose(source: str) -> Iterator[TokenInfo]:
    """Comments, and strings that are statements of their own (they may be all that a class consists of)."""
    tokens = list(generate_tokens(io.StringIO(source).readline))
    yield from (token for token in tokens if token.type == COMMENT)
    code = [token for token in tokens if token.type not in (COMMENT, NL)]
    for before, token, after in zip([None, *code], code, code[1:], strict=False):
        begins = before is None or before.type in (NEWLINE, INDENT, DEDENT)
        if token.type == STRING and begins and after.type == NEWLINE:
            yield token


def _sources(directory: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in directory.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry.read_text(encoding="utf-8")


def _archive(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(_entry(name), content, compresslevel=9)
    return buffer.getvalue()


def _entry(name: str) -> ZipInfo:
    """Nothing of the file but its name: no time, no owner, no platform."""
    entry = ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.compress_type = ZIP_DEFLATED
    return entry
