"""An image archive holds what it was given, and the same input gives the same bytes."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.kind.archive import Image


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "program"
    file.write_text("a program")
    return file


def test_the_files_are_in_its_layer_with_their_folders(program: Path, tmp_path: Path) -> None:
    layer = _layer(_written(Image("name:1", {"/usr/bin/program": program}), tmp_path / "image.tar"))
    assert layer == {"usr": (0o755, b""), "usr/bin": (0o755, b""), "usr/bin/program": (0o755, b"a program")}


def test_its_configuration_says_what_runs_as_whom(program: Path, tmp_path: Path) -> None:
    image = Image("name:1", {"/program": program}, ("/program",), "65532:65532")
    config = _config(_written(image, tmp_path / "image.tar"))
    assert (config["Entrypoint"], config["User"]) == (["/program"], "65532:65532")


def test_the_same_input_gives_the_same_bytes(program: Path, tmp_path: Path) -> None:
    first = _written(Image("name:1", {"/program": program}), tmp_path / "first.tar").read_bytes()
    program.touch()
    assert _written(Image("name:1", {"/program": program}), tmp_path / "second.tar").read_bytes() == first


def _written(image: Image, target: Path) -> Path:
    image.write(target)
    return target


def _manifest(archive: Path) -> dict[str, list[str] | str]:
    manifest: dict[str, list[str] | str] = json.loads(_member(archive, "manifest.json"))[0]
    return manifest


def _config(archive: Path) -> dict[str, list[str] | str]:
    config: dict[str, list[str] | str] = json.loads(_member(archive, str(_manifest(archive)["Config"])))["config"]
    return config


def _layer(archive: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of everything in it."""
    with tarfile.open(fileobj=io.BytesIO(_member(archive, _manifest(archive)["Layers"][0]))) as tar:
        return {info.name: (info.mode, _content(tar, info)) for info in tar.getmembers()}


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    return file.read() if file else b""


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(name)
        assert content is not None
        return content.read()
