"""Children that somebody edits or deletes come back; the kind that is not installed yet is waited for."""

from rayscope.model.names import MONITOR_VALUE
from tests.control.rayscope import NAMESPACE, Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import NAMESPACES, SECRETS
from tests.plane.waiting import eventually


def test_an_edited_monitor_is_restored(plane: Plane, namespace: str, rayscope: Rayscope) -> None:  # noqa: ARG001
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    before = service.monitored()["spec"]
    plane.client.patch(service.monitor_path, {"spec": {"podMetricsEndpoints": [{"port": "nothing"}]}})
    eventually(lambda: (service.monitor() or {}).get("spec") == before, "the monitor is as before")


def test_a_deleted_monitor_is_made_again(plane: Plane, namespace: str, rayscope: Rayscope) -> None:  # noqa: ARG001
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    before = service.monitored()
    plane.client.delete(service.monitor_path)
    again = eventually(lambda: service.monitor() or {}, "the monitor is there again")
    assert again["metadata"]["uid"] != before["metadata"]["uid"]


def test_a_damaged_certificate_is_replaced_at_the_next_start(plane: Plane, rayscope: Rayscope) -> None:
    place = SECRETS.path(NAMESPACE, "rayscope-webhook")
    damage = "bm90IGEga2V5"
    rayscope.stop()
    plane.client.patch(place, {"data": {"tls.key": damage}})
    rayscope.start()
    assert plane.client.get(place)["data"]["tls.key"] != damage


def test_a_deleted_service_takes_its_children_along(plane: Plane, namespace: str, rayscope: Rayscope) -> None:  # noqa: ARG001
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.monitored()
    plane.client.delete(service.path)
    eventually(lambda: service.monitor() is None, "the monitor is gone")


def test_a_monitor_appears_by_itself_when_prometheus_operator_is_installed_later() -> None:
    with Plane(prometheus_crds=False) as plane, HeldPort() as webhook, HeldPort() as health:
        rayscope = Rayscope(plane, webhook, health)
        rayscope.install()
        rayscope.start()
        plane.client.create(NAMESPACES.path(), {"metadata": {"name": "early"}})
        service = Service.create(plane, "early", label=MONITOR_VALUE)
        service.told("Injected")
        plane.install_crds(plane.prometheus_crds)
        service.monitored()
        assert rayscope.stop() == 0
