"""The exporters of a service: their programs are killed, and are seen to have started again."""

from rayscope.model.names import EXPORTER_CONTAINER, EXPORTER_FILE
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import LIMIT, Service, containers
from tests.plane.waiting import eventually

# The shell that keeps the container has the program's name in its command, too.
KILL = f"""for process in /proc/[0-9]*; do
    grep -qs {EXPORTER_FILE} $process/cmdline && grep -qs '^Name:.python' $process/status && kill -9 ${{process#/proc/}}
done; true"""


def killed(service: Service) -> None:
    """All at once, as the kernel kills; and wait until each has started again."""
    before = _starts(service)
    for pod in service.pods():
        if EXPORTER_CONTAINER in containers(pod):
            service.sh(pod, KILL, EXPORTER_CONTAINER)
    eventually(lambda: _all_later(before, _starts(service)), "all have started again", LIMIT)


def _starts(service: Service) -> dict[str, float]:
    """When, by pod."""
    query = f'rayscope_exporter_start_time_seconds{{namespace="{service.namespace}"}}'
    found = Prometheus(service.ground.cluster.client).series(query)
    return {series["metric"]["pod"]: float(series["value"][1]) for series in found}


def _all_later(before: dict[str, float], now: dict[str, float]) -> bool:
    return now.keys() == before.keys() and all(now[pod] > moment for pod, moment in before.items())
