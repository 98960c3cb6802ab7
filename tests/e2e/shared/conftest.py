"""The RayService of these stories, which ends with the last of them."""

from collections.abc import Iterator

import pytest

from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE
from tests.e2e.ground import Ground, namespace_on
from tests.e2e.service import LIMIT, Service
from tests.plane.waiting import eventually


@pytest.fixture(scope="package")
def home(ground: Ground) -> Iterator[str]:
    """Its namespace, which is there for as long as there may be evidence in it."""
    with namespace_on(ground) as name:
        yield name


@pytest.fixture(scope="package")
def service(ground: Ground, home: str) -> Service:
    """Labelled before it is applied, and serving."""
    made = Service(ground, home)
    made.start({MONITOR_LABEL: MONITOR_VALUE})
    eventually(made.pods_are_ready, "all of its pods are Ready", LIMIT)
    return made
