"""How full a directory is."""

from __future__ import annotations

from pathlib import Path

import pytest

from rayscope.exporter.files.usage import Usage, measure
from tests.unit.exporter.writers import fill, mounted


def test_a_full_file_system_is_filled_to_one(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=256k", "tmpfs") as directory:
        assert measure(str(directory)).size == 256 * 1024
        fill(directory / "ballast")
        usage = measure(str(directory))
    assert usage.fill == 1
    assert usage.directory == 256 * 1024


def test_what_files_occupy_is_counted_not_what_they_claim(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 30)
        file.write(b"x")
    assert 0 < measure(str(tmp_path)).directory < 1 << 20


def test_a_directory_that_is_gone_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        measure(str(tmp_path / "absent"))


def test_a_size_that_is_unknown_is_no_fill() -> None:
    assert Usage().fill == 0
