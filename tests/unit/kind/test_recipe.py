"""A recipe's digest changes with what the result depends on, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from tests.kind.recipe import digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "file").write_text("content")
    return tmp_path


def test_the_same_is_the_same_wherever_it_is(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = shutil.copytree(folder, tmp_path_factory.mktemp("other") / "place")
    assert digest(folder, "v1") == digest(other, "v1")


def test_a_changed_file_changes_it(folder: Path) -> None:
    before = digest(folder)
    (folder / "part" / "file").write_text("changed")
    assert digest(folder) != before


def test_a_new_name_changes_it(folder: Path) -> None:
    before = digest(folder)
    (folder / "part" / "file").rename(folder / "part" / "renamed")
    assert digest(folder) != before


def test_a_file_that_becomes_executable_changes_it(folder: Path) -> None:
    before = digest(folder)
    (folder / "part" / "file").chmod(0o755)
    assert digest(folder) != before


def test_another_version_changes_it(folder: Path) -> None:
    assert digest(folder, "v1") != digest(folder, "v2")


def test_what_python_leaves_behind_changes_nothing(folder: Path) -> None:
    before = digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "module.pyc").write_bytes(b"compiled")
    assert digest(folder) == before
