"""One cluster and its ground for the session, a namespace for each story, and the evidence of a failure."""

import os
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.evidence import collect
from tests.e2e.ground import Ground, lay
from tests.kind import Cluster
from tests.kind.cluster import NAME
from tests.plane.progress import CONSOLE
from tests.plane.resources import NAMESPACES

HERE = Path(__file__).parent
EVIDENCE = Path(os.environ.get("E2E_EVIDENCE", "e2e-evidence"))
CLUSTER = os.environ.get("E2E_CLUSTER", NAME)
GROUND = pytest.StashKey[Ground]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with Cluster(CLUSTER, keep=bool(os.environ.get("KEEP"))) as cluster:
        laid = lay(cluster)
        request.session.config.stash[GROUND] = laid
        yield laid
        del request.session.config.stash[GROUND]


@pytest.fixture(scope="module")
def namespace(ground: Ground) -> Iterator[str]:
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    ground.cluster.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
    yield name
    ground.cluster.client.delete(NAMESPACES.path(name=name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    ground = item.config.stash.get(GROUND, None)
    namespace = getattr(item, "funcargs", {}).get("namespace")
    if report.failed and ground is not None and namespace:
        folder = EVIDENCE / item.name
        collect(ground.cluster, namespace, folder)
        report.sections.append(("evidence", str(folder.resolve())))
    if report.when == "call" and HERE in item.path.parents:
        CONSOLE.print(f"[dim]{item.name}: {report.outcome} after {report.duration:.1f} s[/dim]")
    return report
