"""Every part that a plane needs, wherever it can be had.

Asked in this order: $KUBEBUILDER_ASSETS and PATH, the cache, its project's own downloads, a build from its Go module.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.plane import build, catalogue, download, installed
from tests.plane.catalogue import Material, Program
from tests.plane.progress import Step, step
from tests.plane.toolchain import go
from tests.plane.versions import VERSIONS


@dataclass(frozen=True)
class Assets:
    """Paths of executables, and of the folders that KubeRay's and Prometheus Operator's modules carry."""

    etcd: Path
    apiserver: Path
    controller_manager: Path
    kubectl: Path
    kuberay: Path
    kuberay_source: Path
    prometheus_crds: Path

    @property
    def kuberay_crds(self) -> Path:
        return self.kuberay_source / "config" / "crd" / "bases"

    @property
    def samples(self) -> Path:
        return self.kuberay_source / "config" / "samples"


def ensure(kuberay: str = VERSIONS.kuberay) -> Assets:
    """Fetch or build what is missing, and say so; with everything in place this is quick and silent."""
    return Assets(
        etcd=program(catalogue.ETCD),
        apiserver=program(catalogue.APISERVER),
        controller_manager=program(catalogue.CONTROLLER_MANAGER),
        kubectl=program(catalogue.KUBECTL),
        kuberay=program(catalogue.kuberay(kuberay)),
        kuberay_source=material(catalogue.kuberay_source(kuberay)),
        prometheus_crds=material(catalogue.PROMETHEUS_CRDS) / catalogue.PROMETHEUS_CRDS.folders[0],
    )


def program(wanted: Program) -> Path:
    for candidate in installed.candidates(wanted):
        if candidate.fits:
            return candidate.path
    return of_the_cache(wanted)


def of_the_cache(wanted: Program) -> Path:
    """The program in exactly the wanted version, whatever the machine has: for what goes into an image."""
    if not wanted.entry.present():
        _obtain(wanted)
    return wanted.entry.path / wanted.name


def material(wanted: Material) -> Path:
    if not wanted.entry.present():
        _obtain(wanted)
    return wanted.entry.path


def origin(part: Program | Material) -> str:
    """Where a part that is in place comes from, and what was passed over for it: for people who wonder."""
    passed_over = []
    for candidate in installed.candidates(part) if isinstance(part, Program) else ():
        if candidate.fits:
            return f"{candidate.path} ({candidate.version})"
        passed_over.append(f"; {candidate.path} is {candidate.version or 'of no known version'}: not used")
    return f"{part.entry.path}{''.join(passed_over)}"


def _obtain(part: Program | Material) -> None:
    with step(f"{part.name} {part.version}", "waiting for another run that makes it") as current, part.entry.lock():
        if part.entry.present():
            current.outcome = "made by another run"
            return
        with part.entry.filling() as draft:
            current.outcome = _fill(part, draft, current)


def _fill(part: Program | Material, draft: Path, current: Step) -> str:
    if isinstance(part, Material):
        current.now(f"copying from {part.module.path}")
        build.copy(part, draft)
        return f"from {part.module.path}"
    return _download(part, draft, current) or _build(part, draft, current)


def _download(part: Program, draft: Path, current: Step) -> str | None:
    if part.download is None:
        return None
    current.now(f"asking {part.download.url}")
    try:
        download.fetch(part.download, draft / part.name)
    except download.UnavailableError as error:
        current.note(f"{error}; building it instead")
        return None
    return f"downloaded from {part.download.url}"


def _build(part: Program, draft: Path, current: Step) -> str:
    current.doing = "getting Go"
    version = go().version
    current.now(f"building with Go {version}; minutes, the first time")
    build.build(part, draft / part.name)
    return f"built with Go {version}"
