"""One cluster and its ground for the session, a namespace for each story, and the evidence of a failure."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.evidence import collect
from tests.e2e.figures import FIGURES
from tests.e2e.given import Given, named
from tests.e2e.ground import IMAGES, LIVING, Ground, lay, leave, namespace_on
from tests.kind import Cluster
from tests.kind.cluster import NAME
from tests.plane.progress import CONSOLE

HERE = Path(__file__).parent
EVIDENCE = Path(os.environ.get("E2E_EVIDENCE", "e2e-evidence"))
KEEP = bool(os.environ.get("KEEP"))
CLUSTER = os.environ.get("E2E_CLUSTER", NAME)
NOTABLE_SECONDS = 5.0
CLUSTER_UP = pytest.StashKey[Cluster]()
ORDER = ("test_truth", "test_scraping", "test_faults")
"""Modules that come first: they share a RayService, and what is compared exactly is compared before it is harmed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker("e2e")
    ours.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else len(ORDER))
    items[:] = [*(item for item in items if item not in ours), *ours]


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    given = os.environ.get("KUBECONFIG")
    with Given(Path(given), named(IMAGES), keep=KEEP) if given else Cluster(CLUSTER, keep=KEEP) as cluster:
        request.session.config.stash[CLUSTER_UP] = cluster
        try:
            yield _laid(cluster)
        finally:
            del request.session.config.stash[CLUSTER_UP]
            if given and not KEEP:
                leave(cluster)


def _laid(cluster: Cluster) -> Ground:
    """Where that fails, the cluster is gone before anybody could look at it."""
    try:
        return lay(cluster)
    except BaseException:
        _gathered(cluster, EVIDENCE / "ground")
        raise


@pytest.fixture(scope="module")
def ours(ground: Ground) -> None:
    """For stories that do to a cluster what nobody would want done to his own."""
    if isinstance(ground.cluster, Given):
        pytest.skip("a given cluster keeps its KubeRay, its Rayscope and its nodes")


@pytest.fixture(scope="module")
def namespace(ground: Ground) -> Iterator[str]:
    with namespace_on(ground) as name:
        yield name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if HERE in item.path.parents:
        _note(item, report)
        if report.failed:
            _keep_evidence(item, report)
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    FIGURES.story = item.name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES.timings:
        terminalreporter.section("what was compared, and how long it took")
        for line in FIGURES.lines():
            terminalreporter.write_line(line)
        FIGURES.write(EVIDENCE)


def _note(item: pytest.Item, report: pytest.TestReport) -> None:
    if report.when == "call" or report.failed:
        FIGURES.timings.append((item.name, report.outcome, report.duration))
        CONSOLE.print(f"[dim]{item.name}: {report.outcome} after {report.duration:.1f} s[/dim]")
    elif report.when == "setup" and report.duration > NOTABLE_SECONDS:
        FIGURES.timings.append((f"before {item.name}", report.outcome, report.duration))


def _keep_evidence(item: pytest.Item, report: pytest.TestReport) -> None:
    """Of every namespace that there is at this moment: the story's own, and that of the service that others share."""
    if (cluster := item.config.stash.get(CLUSTER_UP, None)) is None:
        return
    report.sections.append(("evidence", _gathered(cluster, EVIDENCE / item.name)))


def _gathered(cluster: Cluster, folder: Path) -> str:
    """Where the evidence is, or how much of it there could not be: what failed before is the news."""
    try:
        collect(cluster, LIVING, folder)
    except Exception as trouble:  # noqa: BLE001 - see above
        return f"{folder.resolve()}, and no more, by {trouble!r}"
    return str(folder.resolve())
