"""A program that is installed is used if it is of the wanted minor release."""

from pathlib import Path

import pytest

from tests.plane import catalogue
from tests.plane.installed import candidates


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """$KUBEBUILDER_ASSETS and PATH, both empty."""
    assets, path = tmp_path / "assets", tmp_path / "path"
    for folder in (assets, path):
        folder.mkdir()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    monkeypatch.setenv("PATH", str(path))
    candidates.cache_clear()
    return assets, path


def _install(folder: Path, name: str, says: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return program


def _minor(version: str) -> str:
    return version.rsplit(".", 1)[0]


def test_another_patch_of_the_minor_release_is_used(folders: tuple[Path, Path]) -> None:
    wanted = catalogue.APISERVER
    installed = _install(folders[1], "kube-apiserver", f"Kubernetes {_minor(wanted.version)}.99")
    (found,) = candidates(wanted)
    assert (found.path, found.fits) == (installed, True)


def test_another_minor_release_is_told_and_not_used(folders: tuple[Path, Path]) -> None:
    _install(folders[1], "etcd", "etcd Version: 3.4.30")
    (found,) = candidates(catalogue.ETCD)
    assert (found.version, found.fits) == ("v3.4.30", False)


def test_a_program_of_no_known_version_is_not_used(folders: tuple[Path, Path]) -> None:
    _install(folders[1], "kubectl", "hello")
    (found,) = candidates(catalogue.KUBECTL)
    assert (found.version, found.fits) == (None, False)


def test_the_assets_folder_comes_before_the_path(folders: tuple[Path, Path]) -> None:
    version = f"etcd Version: {catalogue.ETCD.version.removeprefix('v')}"
    programs = [_install(folder, "etcd", version) for folder in folders]
    assert [found.path for found in candidates(catalogue.ETCD)] == programs


def test_nothing_is_found_where_nothing_is() -> None:
    assert candidates(catalogue.KUBECTL) == ()
