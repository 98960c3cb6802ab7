"""At rest nothing is written: by the API server's own account."""

import time
from functools import partial

from rayscope.model.names import MONITOR_VALUE
from tests.control.monitors import Monitor
from tests.control.rayscope import Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.resources import LEASES, POD_MONITORS
from tests.plane.waiting import eventually

SERVICES = 50
WINDOW_SECONDS = 60.0


def whole(monitor: Monitor) -> bool:
    """Whether it tells of a head and a worker, as nothing more will come of the sample."""
    return bool(monitor.status().get("summary", {}).get("injected") == "2/2" and monitor.condition("Ready"))


def test_fifty_services_at_rest_cost_no_write_in_a_minute(plane: Plane, namespace: str, rayscope: Rayscope) -> None:
    services = [Service.create(plane, namespace, label=MONITOR_VALUE, name=f"llm-{i}") for i in range(SERVICES)]
    for service in services:
        service.cluster()
    for service in services:
        service.monitored()
    assert len(plane.client.list(POD_MONITORS.path(namespace))) == SERVICES
    for service in services:
        service.told("Injected")
    for monitor in map(Monitor.of, services):
        eventually(partial(whole, monitor), f"VLLMMonitor {monitor.name} tells of all pods")
    mark, began = plane.audit.mark(), time.monotonic()
    eventually(lambda: time.monotonic() - began > WINDOW_SECONDS, "a minute has passed", limit=2 * WINDOW_SECONDS)
    asked = [request for request in plane.audit.since(mark) if request.user == rayscope.user]
    assert [request for request in asked if request.writes and request.resource != LEASES.plural] == []
    assert any(request.resource == LEASES.plural for request in asked)
