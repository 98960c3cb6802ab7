"""The images that tests run, each in the local Docker when its function returns its tag.

What their projects publish is pulled where a registry is reached. What is made here is named by the digest of its
recipe: as long as that is the same, there is nothing to do.
"""

import functools
import shutil
import tempfile
from pathlib import Path

from rayscope import __version__
from tests.kind import docker, registry
from tests.kind.archive import Image
from tests.kind.command import run
from tests.kind.configuration import PREFIX
from tests.kind.python_image import bases, index_arguments
from tests.kind.recipe import digest
from tests.plane import assets, catalogue
from tests.plane.catalogue import Program
from tests.plane.progress import Step
from tests.plane.versions import VERSIONS

ROOT = Path(__file__).parents[2]
RAY = Path(__file__).parent / "ray"
VLLM = Path(__file__).parent / "vllm"
RAY_VERSION = "2.60.0"
VLLM_VERSION = "0.32.0"
TORCH_VERSION = "2.13.0"
"""The one that this vLLM asks for."""
QUAY = "quay.io"
# What the Dockerfile at the top takes, see .dockerignore.
SOURCES = (
    *("Dockerfile", ".dockerignore", "operator", "pyproject.toml", "README.md", "LICENSE"),
    *("requirements-build.lock", "requirements-operator.lock"),
)
ENDPOINT = tuple(ROOT / "operator" / "rayscope" / name for name in ("__init__.py", "endpoint.py"))
NOBODY = "65534:65534"


def operator() -> str:
    """Rayscope's own, from the Dockerfile."""
    base = bases()
    tag = f"{PREFIX}/rayscope:{digest(*(ROOT / name for name in SOURCES), base.ship, base.install)}"
    described = {"VERSION": __version__, "REVISION": run("git", "-C", ROOT, "rev-parse", "HEAD").strip()}
    arguments = {"BASE": base.ship, "BUILD_BASE": base.install, **described, **index_arguments()}
    return docker.ensure(tag, lambda _: docker.build(ROOT, tag, arguments=arguments))


def ray(app: Path) -> str:
    """Ray with the Serve application of a folder, and `rayscope.endpoint`, where Python imports from."""
    return _with(app, _ray(), "ray-app")


def vllm(app: Path) -> str:
    """The same, with vLLM for the CPU and a small model."""
    return _with(app, _vllm(), "vllm-app")


def _with(app: Path, base: str, name: str) -> str:
    tag = f"{PREFIX}/{name}:{RAY_VERSION}-{digest(app, *ENDPOINT, RAY / 'app.Dockerfile', base)}"

    def make(_: Step) -> None:
        with tempfile.TemporaryDirectory(prefix="rayscope-image-") as folder:
            context = Path(folder) / "app"
            shutil.copytree(app, context, ignore=shutil.ignore_patterns("__pycache__"))
            for module in ENDPOINT:
                (context / module.parent.name).mkdir(exist_ok=True)
                shutil.copyfile(module, context / module.parent.name / module.name)
            docker.build(context, tag, dockerfile=RAY / "app.Dockerfile", arguments={"BASE": base})

    return docker.ensure(tag, make)


def without_python() -> str:
    """A shell, and no Python."""
    base = bases().ship
    instructions = f"FROM {base}\nRUN rm -f /usr/bin/python* /usr/local/bin/python*\nUSER 1000\n"
    tag = f"{PREFIX}/no-python:{digest(instructions)}"
    return docker.ensure(tag, lambda _: docker.build_from(instructions, tag, {}))


def kuberay(version: str = VERSIONS.kuberay) -> str:
    program = catalogue.kuberay(version)
    return _program(f"{QUAY}/kuberay/operator:{version}", program, "/manager", user="65532:65532")


def prometheus_operator() -> str:
    program = catalogue.PROMETHEUS_OPERATOR
    published = f"{QUAY}/prometheus-operator/prometheus-operator:{program.version}"
    return _program(published, program, "/bin/operator", user=NOBODY)


def config_reloader() -> str:
    """What Prometheus Operator puts beside Prometheus."""
    program = catalogue.CONFIG_RELOADER
    published = f"{QUAY}/prometheus-operator/prometheus-config-reloader:{program.version}"
    return _program(published, program, "/bin/prometheus-config-reloader", user=NOBODY)


def prometheus() -> str:
    program = catalogue.PROMETHEUS
    published = f"{QUAY}/prometheus/prometheus:{program.version}"
    return _program(published, program, "/bin/prometheus", user=NOBODY)


def _ray() -> str:
    """Ray alone: it changes with Ray's version only."""
    if registry.reachable():
        return docker.pulled(f"rayproject/ray:{RAY_VERSION}-py311-cpu")
    base = bases().install
    tag = f"{PREFIX}/ray:{RAY_VERSION}-{digest(RAY / 'Dockerfile', base)}"
    arguments = {"BASE": base, "RAY": RAY_VERSION, **index_arguments()}
    return docker.ensure(tag, lambda _: docker.build(RAY, tag, arguments=arguments))


def _vllm() -> str:
    base = _ray()
    tag = f"{PREFIX}/ray-vllm:{VLLM_VERSION}-{digest(VLLM, base)}"
    arguments = {"BASE": base, "RAY": RAY_VERSION, "VLLM": VLLM_VERSION, "TORCH": TORCH_VERSION, **index_arguments()}
    return docker.ensure(tag, lambda _: docker.build(VLLM, tag, arguments=arguments))


def _program(published: str, program: Program, place: str, *, user: str) -> str:
    """The PUBLISHED image, or one with nothing but the PROGRAM at its PLACE there."""
    if registry.reachable(QUAY):
        return docker.pulled(published)
    name = published.rpartition("/")[2].partition(":")[0]
    tag = f"{PREFIX}/{program.name}:{program.version}-{digest(name, place, user)}"
    return docker.ensure(tag, functools.partial(_load, Image(tag, {}, (place,), user), program))


def _load(image: Image, program: Program, _: Step) -> None:
    (place,) = image.entrypoint
    with tempfile.TemporaryDirectory(prefix="rayscope-image-") as name:
        archive = Path(name) / "image.tar"
        Image(image.tag, {place: assets.of_the_cache(program)}, image.entrypoint, image.user).write(archive)
        docker.load(archive)
