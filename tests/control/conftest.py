"""One control plane for the whole session, a namespace for each test, and the plane's logs beside a failure."""

import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.control.rayscope import Rayscope
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import NAMESPACES, SERVICE_ACCOUNTS
from tests.plane.waiting import eventually

HERE = Path(__file__).parent
RUNNING = pytest.StashKey[Plane]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the suite asked of the API server is looked at when all of it has been asked."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("control")
    items.sort(key=lambda item: item.path.name == "test_permissions.py")


@pytest.fixture(scope="session")
def plane(request: pytest.FixtureRequest) -> Iterator[Plane]:
    with Plane() as running:
        request.session.config.stash[RUNNING] = running
        yield running
        del request.session.config.stash[RUNNING]


@pytest.fixture(scope="session")
def rayscope(plane: Plane) -> Iterator[Rayscope]:
    """The operator, with exactly the rights of deploy/base, on the session's plane."""
    with HeldPort() as webhook, HeldPort() as health:
        operator = Rayscope(plane, webhook, health)
        operator.install()
        operator.start()
        yield operator
        assert operator.stop() == 0


@pytest.fixture
def namespace(plane: Plane) -> Iterator[str]:
    """A fresh one, whose default service account pods can use already; it goes away in its own time."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    plane.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
    account = SERVICE_ACCOUNTS.path(name, "default")
    eventually(lambda: plane.client.find(account), f"{account} exists")
    yield name
    plane.client.delete(NAMESPACES.path(name=name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    plane = item.config.stash.get(RUNNING, None)
    if report.failed and plane is not None:
        report.sections.extend((f"the plane's {name}", log) for name, log in plane.logs().items())
    return report
