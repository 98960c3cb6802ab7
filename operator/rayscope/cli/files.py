"""Manifests in files: found, read, written back. A file is replaced as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

STDIN = "-"
SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True)
class Input:
    """A text, and what people call it."""

    name: str
    text: str

    @property
    def path(self) -> Path | None:
        return None if self.name == STDIN else Path(self.name)


@dataclass(frozen=True)
class Trouble:
    """An input that cannot be used, and why."""

    name: str
    message: str


def read(names: Iterable[str]) -> Iterator[Input | Trouble]:
    """Files, every manifest below a directory, and `-` for what is piped in; a file that is named twice counts once."""
    for name in dict.fromkeys(file for given in names for file in _files(given)):
        try:
            yield Input(name, _bytes(name).decode())
        except OSError as trouble:
            yield Trouble(name, f"It cannot be read: {trouble.strerror}.")
        except UnicodeDecodeError:
            yield Trouble(name, "It is not UTF-8.")


def _files(name: str) -> list[str]:
    if name == STDIN or not Path(name).is_dir():
        return [name]
    return sorted(str(file) for file in Path(name).rglob("*") if file.suffix in SUFFIXES and file.is_file())


def _bytes(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()


def write(path: Path, text: str) -> Trouble | None:
    """Replace a file, or what a link leads to, keeping its permissions; whoever reads it sees the old or the new."""
    try:
        _replace(path.resolve(), text)
    except OSError as trouble:
        return Trouble(str(path), f"It cannot be written: {trouble.strerror}.")
    return None


def _replace(target: Path, text: str) -> None:
    descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=".rayscope-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
        shutil.copymode(target, fresh)
        Path(fresh).replace(target)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


def show(text: str) -> None:
    """To standard output, byte for byte."""
    click.echo(text.encode(), nl=False)
