"""The exporter beside the services of a namespace: one for all of them, as long as one of them, or a pod, needs it."""

import pytest

from rayscope.model.names import COMPONENT_LABEL, MONITOR_VALUE, exporter_config_map
from rayscope.render.exporter import exporter
from rayscope.zipapp import Zipapp, build
from tests.control.rayscope import Rayscope
from tests.control.story import Object, Service, exporter_names, exporters
from tests.plane import Plane
from tests.plane.resources import CONFIG_MAPS, RAY_CLUSTERS
from tests.plane.waiting import eventually

pytestmark = pytest.mark.usefixtures("rayscope")


def rendering(namespace: str, zipapp: Zipapp | None = None) -> Object:
    program = zipapp or build()
    return dict(exporter(namespace, program.digest, program.data))


def leave(plane: Plane, namespace: str, manager: str) -> str:
    """Have an exporter there that no pod mounts, made by MANAGER; its name."""
    manifest = rendering(namespace, Zipapp(f"of a former version, by {manager}".encode()))
    plane.client.request("POST", CONFIG_MAPS.path(namespace), body=manifest, query={"fieldManager": manager})
    return str(manifest["metadata"]["name"])


def present(plane: Plane, namespace: str) -> Object:
    (found,) = eventually(lambda: exporters(plane, namespace), "the exporter is there")
    return found


def test_the_services_of_a_namespace_share_one_that_none_of_them_owns(plane: Plane, namespace: str) -> None:
    services = [Service.create(plane, namespace, label=MONITOR_VALUE, name=name) for name in ("one", "two")]
    for service in services:
        service.monitored()
    metadata = present(plane, namespace)["metadata"]
    assert metadata["name"] == exporter_config_map(build().digest)
    assert "ownerReferences" not in metadata


def test_it_is_there_as_it_is_rendered(plane: Plane, namespace: str) -> None:
    Service.create(plane, namespace, label=MONITOR_VALUE)
    rendered, found = rendering(namespace), present(plane, namespace)
    assert {part: found[part] for part in ("immutable", "binaryData")}.items() <= rendered.items()
    assert rendered["metadata"].items() <= found["metadata"].items()


def test_a_deleted_one_is_made_again(plane: Plane, namespace: str) -> None:
    Service.create(plane, namespace, label=MONITOR_VALUE)
    found = present(plane, namespace)["metadata"]
    plane.client.delete(CONFIG_MAPS.path(namespace, found["name"]))
    again = eventually(lambda: exporters(plane, namespace), "the exporter is there again")[0]["metadata"]
    assert again["name"] == found["name"]
    assert again["uid"] != found["uid"]


def test_one_that_somebody_labelled_away_is_claimed_again(plane: Plane, namespace: str) -> None:
    Service.create(plane, namespace, label=MONITOR_VALUE)
    found = present(plane, namespace)["metadata"]
    plane.client.patch(
        CONFIG_MAPS.path(namespace, found["name"]), {"metadata": {"labels": {COMPONENT_LABEL: "somebody-elses"}}}
    )
    eventually(lambda: exporter_names(plane, namespace) == {found["name"]}, "the exporter has its label again")


def test_it_outlives_the_label_and_goes_after_the_last_pod_that_mounts_it(plane: Plane, namespace: str) -> None:
    services = [Service.create(plane, namespace, label=MONITOR_VALUE, name=name) for name in ("one", "two")]
    for service in services:
        service.monitored()
    found = exporters(plane, namespace)
    leave(plane, namespace, "rayscope")
    for service in services:
        service.label(None)
    eventually(lambda: not any(service.monitor() for service in services), "the monitors are gone")
    plane.client.delete(services[0].path)
    eventually(lambda: exporters(plane, namespace) == found, "what nothing mounts is gone")
    eventually(lambda: not services[0].clusters(), "the first service is gone")
    plane.client.delete(services[1].path)
    eventually(lambda: not exporters(plane, namespace), "the exporter is gone")


def test_a_former_versions_goes_when_no_cluster_mounts_it_any_more(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.monitored()
    own = exporter_names(plane, namespace)
    leave(plane, namespace, "rayscope")
    other = Service.create(plane, namespace, label=MONITOR_VALUE, name="other")
    plane.client.delete(RAY_CLUSTERS.path(namespace, other.cluster()["metadata"]["name"]))
    eventually(lambda: exporter_names(plane, namespace) == own, "this version's exporter alone is there")


def test_a_leader_that_begins_takes_away_what_rayscope_has_left_and_nobody_else(
    plane: Plane, namespace: str, rayscope: Rayscope
) -> None:
    rayscope.stop()
    theirs = leave(plane, namespace, "kubectl")
    ours = leave(plane, namespace, "rayscope")
    rayscope.start()
    eventually(lambda: ours not in exporter_names(plane, namespace), "the exporter is gone")
    assert exporter_names(plane, namespace) == {theirs}
