"""Programs and files from Go modules, at the versions and sums that modules/*/go.mod and go.sum pin.

A folder there may have a program of our own, too: what is wanted of a module whose own program would be too much.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.plane.catalogue import Material, Module, Program
from tests.plane.toolchain import go
from tests.plane.versions import FOLDER


def build(program: Program, target: Path) -> None:
    """Compile PROGRAM to TARGET. Go's build cache makes a second build, of any version, a matter of seconds."""
    link = " ".join(("-s", "-w", *program.link))
    with _workspace(program.module) as folder:
        options = ["-trimpath", "-ldflags", link, "-tags", ",".join(program.tags)]
        go().run("build", *options, "-o", str(target), program.package, cwd=folder)


def copy(material: Material, target: Path) -> None:
    """Copy the folders that are wanted; the module cache is read-only, the copies are not."""
    source = _source(material.module)
    for folder in material.folders:
        for file in filter(Path.is_file, (source / folder).rglob("*")):
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def _source(module: Module) -> Path:
    """Where Go unpacked the module, whose sum it has checked."""
    with _workspace(module) as folder:
        told = json.loads(go().run("mod", "download", "-json", f"{module.path}@{module.version}", cwd=folder))
    return Path(told["Dir"])


@contextmanager
def _workspace(module: Module) -> Iterator[Path]:
    """A copy of the folder, so that nothing that Go does reaches the checkout, with the wanted version required."""
    with tempfile.TemporaryDirectory(prefix="rayscope-go-") as name:
        folder = Path(name)
        for file in (FOLDER / "modules" / module.folder).iterdir():
            shutil.copyfile(file, folder / file.name)
        if module.path:
            go().run("mod", "edit", f"-require={module.path}@{module.version}", cwd=folder)
        yield folder
