"""README.md is true: each command that it shows is run here, as it stands there, or is one of CI's own.

A user's way from a checkout to an installation, to numbers, and back again, with one RayService that is there before.
Rayscope is taken away before, and is there again afterwards.
"""

import re
from collections.abc import Iterator

import pytest
import yaml

from rayscope.inject import GroupReport, inspect
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, WEBHOOK_CONFIGURATION
from tests.e2e.figures import FIGURES
from tests.e2e.ground import RELEASE, SYSTEM, Ground, install_rayscope
from tests.e2e.manifests import ray_service
from tests.e2e.prometheus import Prometheus
from tests.e2e.service import Service
from tests.e2e.shell import Shell
from tests.e2e.traffic import traffic
from tests.kind.command import run
from tests.kind.images import ROOT
from tests.plane.client import Manifest
from tests.plane.resources import CRDS, MUTATING_WEBHOOKS, NAMESPACES, POD_MONITORS, RAY_CLUSTERS
from tests.plane.waiting import eventually

pytestmark = pytest.mark.usefixtures("ours")

LIMIT = 400.0
NAMESPACE = "rayscope"
CRD = "vllmmonitors.rayscope.dev"

DEV = ".venv/bin/rayscope operator --dev --dev-address ADDRESS"
INSTALL = "helm install rayscope charts/rayscope --namespace rayscope --create-namespace --wait"
LABEL = "kubectl label rayservice llm rayscope.dev/monitor=vllm"
STATUS = "rayscope status -A"
DOCTOR = "rayscope doctor llm"
ROLLOUT = "rayscope rollout llm --wait"
INJECT = "rayscope inject service.yaml"
RENDER = "rayscope render service.yaml"
RULES = "rayscope rules render service.yaml"
DASHBOARDS = "rayscope dashboards export"
UNINSTALL = "rayscope uninstall"
HERE = {DEV, INSTALL, LABEL, STATUS, DOCTOR, ROLLOUT, INJECT, RENDER, RULES, DASHBOARDS, UNINSTALL}
"""Those that the stories below run."""
ELSEWHERE = {
    "git clone https://github.com/rayscope/rayscope && cd rayscope": "how whoever runs this has come here",
    "make demo": "tests/demo runs it",
    "make test": "CI runs it",
    "make check": "CI runs it",
    "make e2e": "CI runs it",
    "make bench": "a target of the Makefile",
}


@pytest.fixture(scope="module")
def service(ground: Ground, namespace: str) -> Service:
    """Serving, and not labelled."""
    made = Service(ground, namespace)
    made.start({})
    return made


@pytest.fixture(scope="module")
def shell(ground: Ground, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Where Rayscope is not installed; the service's manifest is there as a file."""
    opened = Shell.open(ground, service.namespace, tmp_path_factory.mktemp("readme"))
    manifest = ray_service(service.namespace, service.name, ground.ray, {})
    (opened.folder / "service.yaml").write_text(yaml.safe_dump(manifest))
    try:
        opened.run(f"helm uninstall {RELEASE} --namespace {SYSTEM} --wait")
        opened.run(f"rayscope uninstall --namespace {SYSTEM} --yes")
        opened.run(f"kubectl delete crd {CRD}")
        yield opened
        opened.run(f"helm uninstall {RELEASE} --namespace {NAMESPACE} --wait --ignore-not-found")
        opened.run(f"kubectl delete crd {CRD} --ignore-not-found")  # kept for the users' sake, and no other release's
    finally:
        install_rayscope(ground.cluster, ground.rayscope)


def test_each_command_is_run_here_or_by_ci() -> None:
    assert set(_commands()) == HERE | ELSEWHERE.keys()
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for command, where in ELSEWHERE.items():
        if command.startswith("make "):
            assert command.removeprefix("make ") in targets
        if where == "CI runs it":
            assert any(line.endswith(command) for line in _of_ci())


def test_it_can_be_tried_without_installing_anything(ground: Ground, service: Service, shell: Shell) -> None:
    client, webhook = ground.cluster.client, MUTATING_WEBHOOKS.path(name=f"{WEBHOOK_CONFIGURATION}-dev")
    with shell.running(DEV.replace("ADDRESS", _gateway(ground)), "The API server asks"):
        assert client.find(webhook)
        shell.run(LABEL)
        eventually(lambda: service.says("Injected", "RestartRequired"), "it tells that a rollout is needed", LIMIT)
        eventually(lambda: _injected(_tried(service)), "a RayCluster is injected as it is made", LIMIT)
        injected = _injected(_tried(service))
        FIGURES.compared("groups of a RayCluster, tried with --dev: all | injected", 2, len(injected))
        assert len(injected) == 2
    assert client.find(webhook) is None
    made = (CRDS.path(name=CRD), NAMESPACES.path(name=NAMESPACE))
    eventually(lambda: not any(map(client.find, made)), "nothing of what it has made is left", LIMIT)
    shell.run(f"kubectl label rayservice llm {MONITOR_LABEL}-")


def test_it_is_installed_and_one_label_and_a_rollout_bring_numbers(
    ground: Ground, service: Service, shell: Shell
) -> None:
    repository, _, tag = ground.rayscope.rpartition(":")
    shell.run(f"{INSTALL} --set-string image.repository={repository},image.tag={tag}")
    shell.run(LABEL)
    eventually(lambda: service.says("Injected", "RestartRequired"), "it tells that a rollout is needed", LIMIT)
    assert "RestartRequired" in shell.run(STATUS)
    shell.run(DOCTOR, status=1)
    with traffic(service) as asked:
        shell.run(f"{ROLLOUT} --yes")
    asked.all_answered("the README's rollout")
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    assert "2/2" in shell.run(f"kubectl {STATUS}")
    (cluster,) = service.clusters()
    eventually(lambda: len(service.pods()) == 2, "the old cluster's pods are gone", LIMIT)
    asked_of_it = service.ledger()["committed"]["tokens"]
    assert asked_of_it
    name = cluster["metadata"]["name"]
    service.shows("vllm:generation_tokens_total", asked_of_it, "README's way", ray_io_cluster=name)
    shell.run(DOCTOR)
    FIGURES.compared("pods that report after the README's quickstart", "2/2", service.monitor()["status"]["summary"])


def test_files_are_made_without_a_cluster(shell: Shell) -> None:
    assert "rayscope-exporter" in shell.run(INJECT)
    kinds = {document["kind"] for document in yaml.safe_load_all(shell.run(RENDER))}
    FIGURES.compared("kinds that are rendered without a cluster", "ConfigMap, PodMonitor", ", ".join(sorted(kinds)))
    assert {"ConfigMap", "PodMonitor"} <= kinds
    assert "kind: PrometheusRule" in shell.run(RULES)
    shell.run(f"{DASHBOARDS} --dir dashboards")
    assert list((shell.folder / "dashboards").glob("*.json"))


def test_taking_the_label_off_ends_the_scraping_and_restarts_nothing(
    ground: Ground, service: Service, shell: Shell
) -> None:
    eventually(lambda: len(service.pods()) == 2, "nothing is left of the cluster before the rollout", LIMIT)
    before = _containers(service)
    shell.run(f"kubectl label rayservice llm {MONITOR_LABEL}-")
    client = ground.cluster.client
    eventually(lambda: not client.list(POD_MONITORS.path(service.namespace)), "the PodMonitor is gone", LIMIT)
    eventually(lambda: not service.monitor(), "the VLLMMonitor is gone", LIMIT)
    eventually(lambda: not _pools(service), "nothing is scraped any more", LIMIT)
    after = _containers(service)
    FIGURES.compared("containers over the end of the label: before | the same after", len(before), len(before & after))
    assert after == before


def test_it_is_uninstalled_and_the_service_goes_on(ground: Ground, service: Service, shell: Shell) -> None:
    shell.run(LABEL)
    eventually(service.is_monitored, "the VLLMMonitor is Ready", LIMIT)
    before = _containers(service)
    with traffic(service) as asked:
        shell.run(f"helm uninstall rayscope --namespace {NAMESPACE} --wait")
        shell.run(f"{UNINSTALL} --yes")
    asked.all_answered("Rayscope uninstalled")
    assert service.is_ready()
    assert _containers(service) == before
    left = "customresourcedefinitions,clusterroles,clusterrolebindings,mutatingwebhookconfigurations"
    names = shell.run(f"kubectl get {left} --output=name").splitlines()
    ours = [
        name for name in names if "rayscope" in name and "rayscope-e2e" not in name and "rayscope-tests" not in name
    ]
    assert ours == [f"customresourcedefinition.apiextensions.k8s.io/{CRD}"]
    assert not ground.cluster.client.list(POD_MONITORS.path(service.namespace))


def _of_ci() -> Iterator[str]:
    """The lines of its scripts."""
    for file in (ROOT / ".ci" / "run", *(ROOT / ".github" / "workflows").iterdir()):
        yield from file.read_text().splitlines()


def _commands() -> Iterator[str]:
    """Those in blocks for a shell, and those of the table."""
    text = (ROOT / "README.md").read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            yield line.partition("  #")[0].strip()
    yield from re.findall(r"^\| `(rayscope [^`]*)` \|", text, re.MULTILINE)


def _gateway(ground: Ground) -> str:
    """This machine, as the cluster's nodes see it."""
    template = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
    return run("docker", "inspect", "--format", template, ground.cluster.nodes[0]).strip()


def _tried(service: Service) -> Manifest:
    """Its RayCluster as it would be made now."""
    [cluster] = service.clusters()
    metadata = {"name": "tried", "labels": {**cluster["metadata"]["labels"], MONITOR_LABEL: MONITOR_VALUE}}
    path = RAY_CLUSTERS.path(service.namespace)
    manifest = {"apiVersion": RAY_CLUSTERS.api_version, "kind": "RayCluster", "metadata": metadata}
    query = {"dryRun": "All"}
    body = {**manifest, "spec": cluster["spec"]}
    made: Manifest = service.ground.cluster.client.request("POST", path, body=body, query=query)
    return made


def _injected(cluster: Manifest) -> list[GroupReport]:
    """Its groups, if all of them are: a webhook that does not answer in time is passed over."""
    report = inspect(cluster)
    return [group for group in report.groups if group.outcome == "already"] if report.complete else []


def _pools(service: Service) -> list[str]:
    """What Prometheus scrapes of it; its series are shown for five minutes more."""
    pools = Prometheus(service.ground.cluster.client).pools()
    return [pool for pool in pools if f"/{service.namespace}/" in pool]


def _containers(service: Service) -> set[str]:
    """Of all its pods, each by an id that a restart changes."""
    return {status["containerID"] for pod in service.pods() for status in pod["status"]["containerStatuses"]}
