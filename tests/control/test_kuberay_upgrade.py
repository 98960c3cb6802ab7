"""KubeRay is upgraded under a running Rayscope: it writes the clusters' templates anew, and they stay injected.

There is no kubelet, so no service ever serves: what follows from that in KubeRay's status is written by hand.
"""

from collections.abc import Iterator

import pytest

from rayscope.inject import inspect
from rayscope.model.names import MONITOR_VALUE
from tests.control.rayscope import Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import NAMESPACES
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

VERSION = "ray.io/kuberay-version"
"""KubeRay's annotation of a RayCluster: who wrote its template last."""


@pytest.fixture
def before() -> Iterator[Plane]:
    """A plane with the earlier KubeRay, and Rayscope."""
    with Plane(kuberay=VERSIONS.kuberay_before) as plane, HeldPort() as webhook, HeldPort() as health:
        plane.client.create(NAMESPACES.path(), {"metadata": {"name": "serving"}})
        operator = Rayscope(plane, webhook, health)
        operator.install()
        operator.start()
        yield plane
        assert operator.stop() == 0


def written_by(service: Service) -> str:
    return str(service.cluster()["metadata"]["annotations"][VERSION])


def promote(plane: Plane, service: Service) -> None:
    """Make its cluster the active one, as KubeRay does as soon as it serves. Only that one is written anew."""
    name = service.cluster()["metadata"]["name"]
    status = {"activeServiceStatus": {"rayClusterName": name}, "pendingServiceStatus": None}
    plane.client.request(
        "PATCH", f"{service.path}/status", body={"status": status}, content_type="application/merge-patch+json"
    )


def test_the_cluster_stays_and_so_does_its_injection(before: Plane) -> None:
    service = Service.create(before, "serving", label=MONITOR_VALUE)
    made, pods = service.cluster(), {pod["metadata"]["uid"] for pod in service.head_and_workers()}
    assert inspect(made).complete
    assert written_by(service) == VERSIONS.kuberay_before
    before.stop_kuberay()
    promote(before, service)
    before.start_kuberay(VERSIONS.kuberay)
    eventually(lambda: written_by(service) == VERSIONS.kuberay, "the new KubeRay writes the cluster anew")
    [cluster] = service.clusters()
    assert cluster["metadata"]["uid"] == made["metadata"]["uid"]
    assert cluster["spec"] == made["spec"]
    assert inspect(cluster).complete
    assert {pod["metadata"]["uid"] for pod in service.pods()} == pods
