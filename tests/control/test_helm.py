"""Helm's install, upgrade, rollback and uninstall on a real control plane, with a service that is monitored meanwhile.

No kubelet runs the Deployment's pods: the operator is started by hand, as the chart's ServiceAccount and with the
chart's arguments, and the webhook is reached by address.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope.inject import inspect
from rayscope.model.names import MANAGER, MONITOR_VALUE
from rayscope.render.exporter import exporter
from tests.chart.chart import CHART, RELEASE, HelmError, Values, helm, render
from tests.control.cli import rayscope
from tests.control.monitors import Monitor
from tests.control.story import Service, exporter_names
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.process import Process, tail
from tests.plane.resources import CONFIG_MAPS, MUTATING_WEBHOOKS, NAMESPACES, POD_MONITORS, RAY_CLUSTERS
from tests.plane.waiting import eventually

pytestmark = pytest.mark.control

SOURCE = Path(__file__).parents[2] / "operator"
NAMESPACE = "rayscope"
USER = f"system:serviceaccount:{NAMESPACE}:{MANAGER}"
HOST = "127.0.0.1"
CONFIGURATION = MUTATING_WEBHOOKS.path(name=MANAGER)
MADE = "serviceaccounts,roles,rolebindings,services,deployments,poddisruptionbudgets,secrets,configmaps,leases"
OF_THE_CLUSTER = "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,customresourcedefinitions"
KUBERNETES_OWN = {"serviceaccount/default", "configmap/kube-root-ca.crt"}
Object = dict[str, Any]


@dataclass
class Installation:
    """A release, and the operator that its pods would run."""

    plane: Plane
    webhook: HeldPort
    health: HeldPort
    source: Path = SOURCE
    values: Values = field(default_factory=dict)
    _process: Process | None = None

    def helm(self, *arguments: str | Path) -> str:
        return helm(*arguments, f"--namespace={NAMESPACE}", kubeconfig=self.plane.kubeconfig)

    def install(self, values: Values | None = None, chart: Path = CHART) -> None:
        self._release("install", values, chart)

    def upgrade(self, values: Values | None = None, chart: Path = CHART) -> None:
        self._release("upgrade", values, chart)

    def _release(self, verb: str, values: Values | None, chart: Path) -> None:
        self.values = values or {}
        place = (f"--namespace={NAMESPACE}", "--create-namespace")
        helm(verb, RELEASE, chart, *place, values=self.values, kubeconfig=self.plane.kubeconfig)

    def start(self) -> None:
        """Run it as its pods would, and wait until it leads."""
        account = self.plane.kubeconfig_for(NAMESPACE, MANAGER)
        places = (f"--namespace={NAMESPACE}", f"--webhook-address={HOST}", f"--health-address={HOST}")
        ports = (f"--webhook-port={self.webhook.number}", f"--health-port={self.health.number}")
        command = [sys.executable, "-c", "from rayscope.cli import main; main()", *render(self.values).args]
        environment = {"KUBECONFIG": str(account), "PYTHONPATH": str(self.source)}
        self._process = self.plane.start("rayscope", [*command, *places, *ports], environment)
        eventually(lambda: self._running.has_said("This replica leads."), f"it leads:\n{self.log()}")

    def stop(self) -> int:
        return self._running.stop()

    def log(self) -> str:
        return tail(self._running.log, lines=200)

    def registration(self) -> Object:
        """How the API server reaches the webhook."""
        [webhook] = self.plane.client.get(CONFIGURATION)["webhooks"]
        client: Object = webhook["clientConfig"]
        return client

    def register(self, client: Object) -> None:
        edit = json.dumps([{"op": "replace", "path": "/webhooks/0/clientConfig", "value": client}])
        self.plane.kubectl("patch", "mutatingwebhookconfiguration", MANAGER, "--type=json", "-p", edit)

    def register_by_address(self) -> Object:
        """On this control plane no Service leads anywhere. How it was registered before."""
        before = self.registration()
        self.register({"url": f"https://{HOST}:{self.webhook.number}/mutate", "caBundle": before["caBundle"]})
        return before

    def bundle(self) -> str:
        """The caBundle, once the operator has written it."""
        return str(eventually(lambda: self.registration().get("caBundle", ""), "the caBundle is written"))

    def left(self) -> set[str]:
        """What there is of it, by kind and name, of all kinds that the chart or the operator makes."""
        own = self.plane.kubectl("get", MADE, "-n", NAMESPACE, "-o", "name").split()
        whole = self.plane.kubectl("get", OF_THE_CLUSTER, "-o", "name").split()
        return {*own, *(name for name in whole if MANAGER in name)} - KUBERNETES_OWN

    def refused(self) -> list[str]:
        """For want of a right, in the authorizer's words."""
        asked = (request for request in self.plane.audit.since(0) if request.user == USER and request.status == 403)
        return [request.message for request in asked if f'User "{USER}" cannot ' in request.message]

    @property
    def _running(self) -> Process:
        assert self._process is not None, "it was not started"
        return self._process


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """Of this module alone: elsewhere Rayscope is installed by other means."""
    with Plane() as running:
        yield running


@pytest.fixture
def installation(plane: Plane) -> Iterator[Installation]:
    """Nothing is installed yet, and nothing is left at the end."""
    with HeldPort() as webhook, HeldPort() as health:
        yield Installation(plane, webhook, health)
    releases = helm("list", f"--namespace={NAMESPACE}", "--short", kubeconfig=plane.kubeconfig)
    if RELEASE in releases:
        helm("uninstall", RELEASE, f"--namespace={NAMESPACE}", kubeconfig=plane.kubeconfig)


@pytest.fixture
def next_version(tmp_path: Path) -> tuple[Path, Path]:
    """A later chart, and the source of a later operator with another exporter."""
    chart, source = tmp_path / "rayscope", tmp_path / "operator"
    shutil.copytree(CHART, chart)
    facts = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump({**facts, "version": "9.0.0", "appVersion": "9.0.0"}))
    shutil.copytree(SOURCE / "rayscope", source / "rayscope", ignore=shutil.ignore_patterns("__pycache__"))
    exporter = source / "rayscope" / "exporter" / "__main__.py"
    exporter.write_text(f"{exporter.read_text()}\n# Of a later version.\n")
    return chart, source


def templates(cluster: Object) -> list[Object]:
    spec = cluster["spec"]
    return [group["template"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]


def test_an_upgrade_a_rollback_and_a_removal_change_no_cluster(
    plane: Plane, installation: Installation, next_version: tuple[Path, Path]
) -> None:
    plane.client.create(NAMESPACES.path(), {"metadata": {"name": "serving"}})
    installation.install()
    installation.start()
    bundle = installation.bundle()
    by_service = installation.register_by_address()
    service = Service.create(plane, "serving", label=MONITOR_VALUE)
    before = service.cluster()
    service.monitored()
    assert inspect(before).complete
    mounted = exporter_names(plane, "serving")
    assert len(mounted) == 1

    installation.stop()
    installation.register(by_service)
    chart, installation.source = next_version
    installation.upgrade({"webhook": {"timeoutSeconds": 5}}, chart)
    [webhook] = plane.client.get(CONFIGURATION)["webhooks"]
    assert (webhook["timeoutSeconds"], webhook["clientConfig"]["caBundle"]) == (5, bundle)
    published = exporter_names(plane, NAMESPACE)
    installation.start()
    installation.register_by_address()
    eventually(lambda: exporter_names(plane, NAMESPACE) > published, "the later version publishes its exporter")
    later = Service.create(plane, "serving", label=MONITOR_VALUE, name="later")
    later.monitored()
    assert mounted < exporter_names(plane, "serving")
    [same] = service.clusters()
    assert templates(same) == templates(before)
    assert same["metadata"]["generation"] == before["metadata"]["generation"]

    installation.register(by_service)
    installation.helm("rollback", RELEASE)
    [webhook] = plane.client.get(CONFIGURATION)["webhooks"]
    assert (webhook["timeoutSeconds"], webhook["clientConfig"]["caBundle"]) == (3, bundle)
    assert installation.refused() == []

    installation.helm("uninstall", RELEASE)
    installation.stop()
    left = installation.left()
    assert {name for name in left if not name.startswith("configmap/rayscope-exporter-")} == {
        "customresourcedefinition.apiextensions.k8s.io/vllmmonitors.rayscope.dev",
        "secret/rayscope-webhook",
        "lease.coordination.k8s.io/rayscope",
    }
    assert plane.client.find(service.monitor_path)
    left_mounted = exporter_names(plane, "serving")
    assert mounted < left_mounted
    spare = dict(exporter("serving", "0123456789", b""))
    plane.client.request("POST", CONFIG_MAPS.path("serving"), body=spare, query={"fieldManager": MANAGER})

    told = rayscope(plane.kubeconfig, "uninstall", "-n", NAMESPACE, "--yes")
    assert told.code == 0, told.errors
    assert installation.left() == {"customresourcedefinition.apiextensions.k8s.io/vllmmonitors.rayscope.dev"}
    assert not plane.client.list(POD_MONITORS.path("serving"))
    assert exporter_names(plane, "serving") == left_mounted
    assert templates(plane.client.get(RAY_CLUSTERS.path("serving", before["metadata"]["name"]))) == templates(before)


def test_what_is_kept_is_taken_over_by_the_next_installation(installation: Installation) -> None:
    installation.install()
    installation.helm("uninstall", RELEASE)
    assert "customresourcedefinition.apiextensions.k8s.io/vllmmonitors.rayscope.dev" in installation.left()
    installation.install()


def test_a_second_rayscope_is_refused_in_the_same_cluster(installation: Installation) -> None:
    installation.install()
    with pytest.raises(HelmError, match="rayscope"):
        helm("install", "other", CHART, "--namespace=default", kubeconfig=installation.plane.kubeconfig)


def test_while_it_runs_nothing_is_taken_away(plane: Plane, installation: Installation) -> None:
    installation.install()
    installation.start()
    told = rayscope(plane.kubeconfig, "uninstall", "-n", NAMESPACE, "--yes", "--timeout=1s")
    assert told.code == 1
    assert "Rayscope still runs" in told.errors
    assert "secret/rayscope-webhook" in installation.left()
    installation.stop()


def test_with_roles_in_some_namespaces_it_works_there_and_asks_for_nothing_else(
    plane: Plane, installation: Installation
) -> None:
    for name in ("team-a", "team-b"):
        plane.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
    mark = plane.audit.mark()
    installation.install({"watchNamespaces": ["team-a"]})
    installation.start()
    ours = Service.create(plane, "team-a", label=MONITOR_VALUE)
    others = Service.create(plane, "team-b", label=MONITOR_VALUE)
    ours.monitored()
    others.cluster()
    Monitor.of(ours).tells("Injected", "False", "RestartRequired")
    assert others.monitor() is None
    assert Monitor.of(others).found() is None
    asked = [request for request in plane.audit.since(mark) if request.user == USER]
    assert {request.namespace for request in asked if request.resource} <= {"team-a", NAMESPACE}
    assert [request.message for request in asked if request.status == 403] == []
    assert "forbidden" not in installation.log().rpartition(" begins, in namespace")[2].lower()
    installation.stop()
