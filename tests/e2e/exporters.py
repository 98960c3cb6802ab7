"""The exporters of a service: what their containers say, where their program is from, and how they are killed."""

from rayscope.model.names import EXPORTER_CONTAINER, EXPORTER_FILE, EXPORTER_VOLUME
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import LIMIT, Service, containers
from tests.plane.client import Manifest
from tests.plane.waiting import eventually

# The shell that keeps the container has the program's name in its command, too.
KILL = f"""for process in /proc/[0-9]*; do
    grep -qs {EXPORTER_FILE} $process/cmdline && grep -qs '^Name:.python' $process/status && kill -9 ${{process#/proc/}}
done; true"""


def program(pod: Manifest) -> str:
    """The name of the ConfigMap that a pod's exporter comes from."""
    return next(str(each["configMap"]["name"]) for each in pod["spec"]["volumes"] if each["name"] == EXPORTER_VOLUME)


def said(service: Service, pod: Manifest) -> str:
    """The last lines of the container's log."""
    words = ("logs", pod["metadata"]["name"], f"--container={EXPORTER_CONTAINER}", "--tail=20")
    return service.ground.cluster.kubectl(f"--namespace={service.namespace}", *words)


def killed(service: Service) -> None:
    """All at once, as the kernel kills; and wait until each has started again."""
    pods = [pod for pod in service.pods() if EXPORTER_CONTAINER in containers(pod)]
    before = eventually(lambda: _all_starts(service, pods), "each tells when it has started", LIMIT)
    for pod in pods:
        service.sh(pod, KILL, EXPORTER_CONTAINER)
    eventually(lambda: _all_later(before, _starts(service)), "all have started again", LIMIT)


def _all_starts(service: Service, pods: list[Manifest]) -> dict[str, float]:
    """Of these pods; none as long as one of them tells nothing."""
    found = _starts(service)
    return found if found.keys() == {pod["metadata"]["name"] for pod in pods} else {}


def _starts(service: Service) -> dict[str, float]:
    """When, by pod."""
    query = f'rayscope_exporter_start_time_seconds{{namespace="{service.namespace}"}}'
    found = Prometheus(service.ground.cluster.client).series(query)
    return {series["metric"]["pod"]: float(series["value"][1]) for series in found}


def _all_later(before: dict[str, float], now: dict[str, float]) -> bool:
    return now.keys() == before.keys() and all(now[pod] > moment for pod, moment in before.items())
