"""Image archives of a few files each, made without a container engine.

They are what `docker save` writes: `docker load` and `ctr images import` read them.
The same input gives the same bytes: times are zero and entries are sorted.
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tests.plane.cache import ARCH

SEARCH_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """One layer: FILES are executables by their place in the image. USER is numeric, so that it is told from root."""

    tag: str
    files: Mapping[str, Path]
    entrypoint: tuple[str, ...] = ()
    user: str = ""

    def write(self, target: Path) -> None:
        with tempfile.TemporaryFile() as layer:
            _write_layer(layer, self.files)
            _write_archive(self, layer, target)


def _write_layer(out: IO[bytes], files: Mapping[str, Path]) -> None:
    places = {place.lstrip("/"): source for place, source in files.items()}
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in sorted(_parents(places)):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for place, source in sorted(places.items()):
            with source.open("rb") as content:
                _add(tar, place, content, 0o755)


def _parents(places: Iterable[str]) -> set[str]:
    return {str(parent) for place in places for parent in PurePosixPath(place).parents if parent.name}


def _write_archive(image: Image, layer: IO[bytes], target: Path) -> None:
    layer.seek(0)
    digest = hashlib.file_digest(layer, "sha256").hexdigest()  # type: ignore[arg-type]  # typeshed: no IO[bytes]
    layer.seek(0)
    config = json.dumps(_config(image, digest), sort_keys=True).encode()
    config_name, layer_name = f"{hashlib.sha256(config).hexdigest()}.json", f"{digest}/layer.tar"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [image.tag], "Layers": [layer_name]}]).encode()
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "manifest.json", io.BytesIO(manifest), 0o644)
        _add(tar, config_name, io.BytesIO(config), 0o644)
        _add(tar, layer_name, layer, 0o644)


def _config(image: Image, digest: str) -> dict[str, Any]:
    return {
        "architecture": ARCH,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Entrypoint": list(image.entrypoint) or None,
            "Env": [SEARCH_PATH],
            "User": image.user,
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = content.seek(0, io.SEEK_END)
    info.mode = mode
    content.seek(0)
    tar.addfile(info, content)
