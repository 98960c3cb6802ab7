"""The operator under test: a real process with exactly the rights that deploy/base gives it."""

import json
import sys
import urllib.request
from pathlib import Path

import yaml
from prometheus_client.parser import text_string_to_metric_families

from rayscope.model.names import MANAGER
from rayscope.render.webhook import url_client, webhook_configuration
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.process import Process, tail
from tests.plane.waiting import eventually

BASE = Path(__file__).parents[2] / "deploy" / "base"
CRDS = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))
NAMESPACE = "rayscope"
HOST = "127.0.0.1"
MONITOR_LABELS = {"release": "prometheus"}


class Rayscope:
    """Installed once on a plane; started, stopped and killed as a story demands."""

    user = f"system:serviceaccount:{NAMESPACE}:{MANAGER}"

    def __init__(self, plane: Plane, webhook: HeldPort, health: HeldPort) -> None:
        self._plane = plane
        self._webhook, self._health = webhook, health
        self._kubeconfig = plane.kubeconfig_for(NAMESPACE, MANAGER)
        self._process: Process | None = None

    def install(self) -> None:
        """The CRD, the role, and the webhook by address: on this control plane no Service leads anywhere."""
        self._plane.install_crds(CRDS)
        self._plane.kubectl("apply", "-f", str(BASE / "rbac.yaml"))
        configuration = webhook_configuration(url_client(HOST, self._webhook.number, b""))
        self._plane.kubectl("apply", "-f", "-", stdin=json.dumps(configuration))

    def start(self) -> None:
        """Run it, and wait until it serves and leads."""
        self._process = self._plane.start(
            "rayscope",
            [
                Path(sys.executable).with_name("rayscope"),
                "operator",
                f"--namespace={NAMESPACE}",
                f"--webhook-address={HOST}",
                f"--webhook-port={self._webhook.number}",
                f"--health-address={HOST}",
                f"--health-port={self._health.number}",
                *(f"--monitor-labels={key}={value}" for key, value in MONITOR_LABELS.items()),
            ],
            {"KUBECONFIG": str(self._kubeconfig)},
        )
        eventually(self.ready, "Rayscope is ready", limit=60)

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        return self._running.stop()

    def kill(self) -> None:
        """SIGKILL, as the kernel's out-of-memory killer would."""
        self._running.kill()

    def ready(self) -> bool:
        """Whether the webhook answers and this replica leads. An end instead is a failure with its log."""
        if self._running.exit_status() is not None:
            raise AssertionError(f"Rayscope ended with {self._running.exit_status()}:\n{self.log()}")
        try:
            return self.figure("rayscope_leader") == 1.0 and self._get("/readyz") is not None
        except OSError:
            return False

    def figure(self, name: str, **labels: str) -> float | None:
        """One of its own metrics."""
        families = text_string_to_metric_families(self._get("/metrics"))
        samples = (sample for family in families for sample in family.samples)
        return next((s.value for s in samples if s.name == name and labels.items() <= s.labels.items()), None)

    def peak_memory(self) -> int:
        """Bytes of resident memory that it ever had."""
        status = Path(f"/proc/{self._running.pid}/status").read_text()
        (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024

    def log(self) -> str:
        return tail(self._running.log, lines=200)

    @property
    def _running(self) -> Process:
        assert self._process is not None, "Rayscope was not started"
        return self._process

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{HOST}:{self._health.number}{path}", timeout=5) as answer:
            return str(answer.read().decode())


def granted() -> set[tuple[str, str, str]]:
    """(group, resource, verb) that deploy/base grants, cluster-wide or in its own namespace."""
    documents = yaml.safe_load_all((BASE / "rbac.yaml").read_text())
    return {
        (group, resource, verb)
        for document in documents
        for rule in document.get("rules", ())
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
