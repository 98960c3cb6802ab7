"""What a failed test leaves: its namespace's objects, events and logs, and the operators' logs, in one folder."""

from pathlib import Path

from tests.e2e.ground import SYSTEM
from tests.kind import Cluster
from tests.kind.command import CommandError
from tests.plane.resources import PODS

KINDS = "rayservices,rayclusters,vllmmonitors,podmonitors,servicemonitors,pods,services,configmaps"


def collect(cluster: Cluster, namespace: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _save(cluster, folder / "objects.yaml", f"--namespace={namespace}", "get", KINDS, "--output=yaml")
    _save(cluster, folder / "pods.txt", f"--namespace={namespace}", "describe", "pods")
    _save(cluster, folder / "events.txt", f"--namespace={namespace}", "get", "events", "--sort-by=.lastTimestamp")
    for place in (namespace, SYSTEM):
        for pod in cluster.client.list(PODS.path(place)):
            name = pod["metadata"]["name"]
            words = (f"--namespace={place}", "logs", name, "--all-containers", "--prefix", "--tail=2000")
            _save(cluster, folder / f"{name}.log", *words)


def _save(cluster: Cluster, target: Path, *command: str) -> None:
    """What kubectl says; its refusal, too, is evidence."""
    try:
        target.write_text(cluster.kubectl(*command))
    except CommandError as error:
        target.write_text(str(error))
