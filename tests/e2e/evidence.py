"""What a failed test leaves: objects, events and logs of its namespaces, and the operators' logs, in one folder."""

from collections.abc import Iterable
from pathlib import Path

from tests.e2e.ground import KUBERAY_NAMESPACE, SYSTEM
from tests.e2e.manifests import MONITORING
from tests.kind import Cluster
from tests.kind.command import CommandError
from tests.plane.resources import PODS

KINDS = (
    *("rayservices", "rayclusters", "vllmmonitors", "podmonitors", "servicemonitors"),
    *("prometheusrules", "pods", "services", "configmaps"),
)
OPERATORS = (SYSTEM, "rayscope", KUBERAY_NAMESPACE, MONITORING)
"""Where they run: Rayscope as the tests install it, and as the README does."""


def collect(cluster: Cluster, namespaces: Iterable[str], folder: Path) -> None:
    """Of each namespace of the stories its objects and events, and all logs there and of the operators."""
    for namespace in namespaces:
        where, here = f"--namespace={namespace}", folder / namespace
        here.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            _save(cluster, here / f"{kind}.yaml", where, "get", kind, "--output=yaml")
        _save(cluster, here / "pods.txt", where, "describe", "pods")
        _save(cluster, here / "events.txt", where, "get", "events", "--sort-by=.lastTimestamp")
        _logs(cluster, namespace, here)
    for namespace in OPERATORS:
        (folder / namespace).mkdir(parents=True, exist_ok=True)
        _logs(cluster, namespace, folder / namespace)


def _logs(cluster: Cluster, namespace: str, folder: Path) -> None:
    for pod in cluster.client.list(PODS.path(namespace)):
        name = pod["metadata"]["name"]
        words = (f"--namespace={namespace}", "logs", name, "--tail=2000")
        _save(cluster, folder / f"{name}.log", *words, "--all-containers", "--prefix", "--ignore-errors")
        for container in pod["status"].get("containerStatuses", ()):
            if container["restartCount"]:
                own = f"--container={container['name']}"
                _save(cluster, folder / f"{name}.{container['name']}.previous.log", *words, own, "--previous")


def _save(cluster: Cluster, target: Path, *command: str) -> None:
    """What kubectl says; its refusal, too, is evidence."""
    try:
        target.write_text(cluster.kubectl(*command))
    except CommandError as error:
        target.write_text(str(error))
