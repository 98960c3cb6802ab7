"""Names for what is made here that change with what it is made of: the same recipe, the same name, nothing to do."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

LENGTH = 12


def digest(*ingredients: str | Path) -> str:
    """Of texts, and of files and folders with their names, modes and contents (Python's leavings excepted)."""
    total = hashlib.sha256()
    for ingredient in ingredients:
        for line in _lines(ingredient) if isinstance(ingredient, Path) else [ingredient]:
            total.update(f"{line}\n".encode())
    return total.hexdigest()[:LENGTH]


def _lines(path: Path) -> Iterator[str]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and "__pycache__" not in file.parts:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            executable = bool(file.stat().st_mode & 0o100)
            yield f"{file.relative_to(path if path.is_dir() else path.parent)} {executable} {content}"
