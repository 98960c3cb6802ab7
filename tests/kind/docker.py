"""The local Docker, by its command line: images in, images out."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.kind.command import pipe, run, succeeds
from tests.plane.cache import Entry
from tests.plane.progress import Step, step

Make = Callable[[Step], None]


def ensure(tag: str, make: Make) -> str:
    """TAG, made by MAKE if there is no such image; two runs at once make it once. A tag names its recipe's digest."""
    if not has(tag):
        with step(tag, "waiting for another run that makes it") as current, _lock(tag).lock():
            if not has(tag):
                make(current)
            current.outcome = current.outcome or "made"
    return tag


def has(tag: str) -> bool:
    return succeeds("docker", "image", "inspect", tag)


def pulled(tag: str) -> str:
    def pull(current: Step) -> None:
        current.now("pulling")
        run("docker", "pull", "--quiet", tag)
        current.outcome = "pulled"

    return ensure(tag, pull)


def load(archive: Path) -> None:
    run("docker", "load", "--quiet", "--input", archive)


def import_folder(root: Path, tag: str, *changes: str) -> None:
    """Make an image of the root file system ROOT; CHANGES are instructions of a Dockerfile."""
    import_archive_of(["tar", "-C", root, "--numeric-owner", "-c", "."], tag, *changes)


def import_archive(archive: Path, tag: str, *changes: str) -> None:
    import_archive_of(["cat", archive], tag, *changes)


def import_archive_of(producer: list[str | Path], tag: str, *changes: str) -> None:
    options = [word for change in changes for word in ("--change", change)]
    pipe(producer, ["docker", "import", *options, "-", tag])


def build(context: Path, tag: str, *, dockerfile: Path | None = None, arguments: Mapping[str, str]) -> None:
    """With the machine's own network, so that what it can install from, the build can, too."""
    options = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    file = dockerfile or context / "Dockerfile"
    run("docker", "build", "--network=host", "--tag", tag, "--file", file, *options, context)


def build_from(instructions: str, tag: str, files: Mapping[str, Path]) -> None:
    """From a Dockerfile's text, with FILES beside it."""
    with tempfile.TemporaryDirectory(prefix="rayscope-image-") as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(instructions)
        for place, source in files.items():
            (folder / place).write_bytes(source.read_bytes())
        build(folder, tag, arguments={})


def _lock(tag: str) -> Entry:
    """Nothing is kept there; its lock is what runs wait for."""
    return Entry("images", tag.replace("/", "_").replace(":", "_"))
