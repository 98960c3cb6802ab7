"""Every reason that a VLLMMonitor may give, brought about on a real control plane: one story each.

No kubelet runs there. Where a pod must run, the test writes the pod's status as a kubelet would, with an address on
loopback, where what answers (or does not) is a real exporter, or a real socket.
"""

import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rayscope.model.conditions import REASONS
from rayscope.model.names import EXPORTER_VOLUME, MONITOR_VALUE, exporter_config_map
from tests.control.monitors import Monitor
from tests.control.rayscope import CRDS as OUR_CRDS
from tests.control.rayscope import MONITOR_LABELS, Rayscope
from tests.control.story import Object, Service
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import (
    NAMESPACES,
    PODS,
    PROMETHEUS_AGENTS,
    PROMETHEUSES,
    RAY_CLUSTERS,
    Resource,
)
from tests.plane.waiting import eventually
from tests.unit.control.test_asking import server
from tests.unit.exporter.exporters import Exporter
from tests.unit.exporter.writers import huge

pytestmark = pytest.mark.usefixtures("rayscope")

CAPTURE = Path(__file__).parents[1] / "unit" / "exporter" / "captures"
POLICY = "rayscope-tests"
DENIED = {"forbidden": "Forbidden", "invalid": "ApplyFailed"}


@pytest.fixture
def service(plane: Plane, namespace: str) -> Service:
    return Service.create(plane, namespace, label=MONITOR_VALUE)


@pytest.fixture
def monitor(service: Service) -> Monitor:
    return Monitor.of(service)


@contextmanager
def prometheus(
    plane: Plane, namespace: str, labels: dict[str, str], kind: Resource = PROMETHEUSES, **further: Any
) -> Iterator[None]:
    """One that takes PodMonitors with these labels in the namespace."""
    words = "-".join(labels.values())
    name = f"{kind.plural}-{words}"
    spec = {
        "podMonitorSelector": {"matchLabels": labels},
        "podMonitorNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        **further,
    }
    manifest = {
        "apiVersion": kind.api_version,
        "kind": {PROMETHEUSES: "Prometheus", PROMETHEUS_AGENTS: "PrometheusAgent"}[kind],
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    plane.client.create(kind.path(namespace), manifest)
    yield
    plane.client.delete(kind.path(namespace, name))


@contextmanager
def policy(plane: Plane) -> Iterator[None]:
    """Admission that denies monitors by a label, as an organisation's own policies would."""
    validations = [
        {"expression": f"!('deny' in object.metadata.labels) || object.metadata.labels['deny'] != '{value}'"}
        | ({"reason": "Forbidden"} if value == "forbidden" else {})
        for value in DENIED
    ]
    rule = {
        "apiGroups": ["monitoring.coreos.com"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["podmonitors"],
    }
    kinds = {
        "ValidatingAdmissionPolicy": {"matchConstraints": {"resourceRules": [rule]}, "validations": validations},
        "ValidatingAdmissionPolicyBinding": {"policyName": POLICY, "validationActions": ["Deny"]},
    }
    for kind, spec in kinds.items():
        manifest = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": POLICY},
            "spec": spec,
        }
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    yield
    for kind in kinds:
        plane.kubectl("delete", kind, POLICY)


def on_the_hosts_network(*groups: str) -> Any:
    """An edit: these node groups (`head`, `worker`) cannot be injected."""

    def edit(manifest: Object) -> None:
        config = manifest["spec"]["rayClusterConfig"]
        chosen = {"head": [config["headGroupSpec"]], "worker": config["workerGroupSpecs"]}
        for group in (each for name in groups for each in chosen[name]):
            group["template"]["spec"]["hostNetwork"] = True

    return edit


def run(service: Service, *, address: str = "127.0.0.1") -> list[Object]:
    """Write into its pods' statuses what a kubelet would once they run and are ready."""
    pods = service.head_and_workers()
    for pod in pods:
        conditions = [{"type": kind, "status": "True"} for kind in ("PodScheduled", "ContainersReady", "Ready")]
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "conditions": conditions}
        service.plane.client.patch(PODS.path(service.namespace, pod["metadata"]["name"], "status"), {"status": status})
    return pods


def with_exporters_at(plane: Plane, namespace: str, port: int) -> tuple[Service, Monitor]:
    """A labelled service whose exporters listen on a port that the test has."""
    monitor = Monitor(plane, namespace)
    monitor.create(injection={"exporter": {"port": port}})
    return Service.create(plane, namespace, label=MONITOR_VALUE), monitor


def test_all_is_injected_and_waits_for_its_pods(service: Service, monitor: Monitor) -> None:
    cluster = service.cluster()["metadata"]["name"]
    assert cluster in monitor.tells("Injected", "True", "AllInjected")
    assert "llm-rayscope" in monitor.tells("Monitored", "True", "MonitorsApplied")
    monitor.tells("Selected", "Unknown", "NoPrometheusVisible")
    monitor.tells("Reporting", "Unknown", "WaitingForPods")
    monitor.tells("Ready", "Unknown", "WaitingForPods")
    eventually(
        lambda: monitor.counts() == {"total": 2, "injected": 2, "reporting": 0, "outdated": 0}, "pods are counted"
    )
    status = monitor.status()
    assert status["source"] == "NoneYet"
    assert status["summary"] == {"injected": "2/2", "reporting": "0/2"}
    assert [(each["name"], each["role"]) for each in status["clusters"]] == [(cluster, "Pending")]
    assert status["observedGeneration"] == 1


def test_a_label_that_comes_late_requires_a_restart(plane: Plane, namespace: str) -> None:
    late = Service.create(plane, namespace)
    late.head_and_workers()
    late.label()
    monitor = Monitor.of(late)
    assert "rayscope rollout llm -n" in monitor.tells("Injected", "False", "RestartRequired")
    monitor.tells("Ready", "False", "RestartRequired")
    eventually(lambda: monitor.status()["summary"]["injected"] == "0/2", "its bare pods are counted")


def test_a_time_of_transition_is_kept_while_a_status_lasts(service: Service, monitor: Monitor) -> None:
    monitor.tells("Injected", "True", "AllInjected")
    before = monitor.condition("Injected")["lastTransitionTime"]
    monitor.edit(scrape={"interval": "20s"})
    eventually(lambda: monitor.condition("Injected")["observedGeneration"] == 2, "the edit is observed")
    assert monitor.condition("Injected")["lastTransitionTime"] == before
    assert service.cluster()


@pytest.mark.parametrize(
    ("groups", "reason"), [(("head", "worker"), "Skipped"), (("head",), "PartlyInjected")], ids=["all", "the head"]
)
def test_groups_that_cannot_be_injected_are_told(
    plane: Plane, namespace: str, groups: tuple[str, ...], reason: str
) -> None:
    monitor = Monitor.of(Service.create(plane, namespace, label=MONITOR_VALUE, edit=on_the_hosts_network(*groups)))
    message = monitor.tells("Injected", "False", reason)
    assert "headgroup" in message
    assert "HostNetwork" in message
    monitor.tells("Ready", "False", reason)


def test_an_exporter_that_is_nowhere_is_told(service: Service, monitor: Monitor, rayscope: Rayscope) -> None:
    cluster = service.cluster()
    volumes = cluster["spec"]["headGroupSpec"]["template"]["spec"]["volumes"]
    index = next(i for i, volume in enumerate(volumes) if volume["name"] == EXPORTER_VOLUME)
    place = f"/spec/headGroupSpec/template/spec/volumes/{index}/configMap/name"
    rayscope.stop()  # its webhook would keep what is recorded
    try:
        path = RAY_CLUSTERS.path(service.namespace, cluster["metadata"]["name"])
        operation = {"op": "replace", "path": place, "value": exporter_config_map("0123456789")}
        service.plane.client.patch(path, [operation])
    finally:
        rayscope.start()
    assert "0123456789" in monitor.tells("Injected", "False", "ExporterMissing")


def test_a_service_without_a_cluster_is_told_so(plane: Plane, namespace: str) -> None:
    plane.stop_kuberay()
    try:
        monitor = Monitor.of(Service.create(plane, namespace, label=MONITOR_VALUE))
        monitor.tells("Injected", "Unknown", "NoClusterYet")
        assert "kubectl describe rayservice llm" in monitor.tells("Ready", "Unknown", "NoClusterYet")
    finally:
        plane.start_kuberay()


def test_what_is_refused_is_told_with_the_api_servers_words_and_ends_with_its_cause(
    plane: Plane, namespace: str
) -> None:
    with policy(plane):
        for value, reason in DENIED.items():
            monitor = Monitor(plane, namespace, f"llm-{value}")
            monitor.create(scrape={"labels": {"deny": value}})
            refused = Service.create(plane, namespace, label=MONITOR_VALUE, name=monitor.name)
            # Until the policy is in force, the monitor is applied; each edit is another try.
            tries = iter(range(5, 500))

            def told(monitor: Monitor = monitor, reason: str = reason, tries: Iterator[int] = tries) -> bool:
                if monitor.condition("Monitored").get("reason") != reason:
                    monitor.edit(scrape={"interval": f"{next(tries)}s"})
                return monitor.condition("Monitored").get("reason") == reason

            eventually(told, f"{monitor.name} says {reason}")
            assert POLICY in monitor.condition("Monitored")["message"]
            monitor.tells("Ready", "False", reason)
            monitor.edit(scrape={"labels": {"deny": "nobody"}})
            monitor.tells("Monitored", "True", "MonitorsApplied")
            assert refused.monitor()


def test_a_name_that_fits_into_no_label_is_told(plane: Plane, namespace: str) -> None:
    monitor = Monitor(plane, namespace, "l" * 64)
    monitor.create()
    Service.create(plane, namespace, label=MONITOR_VALUE, name=monitor.name)
    monitor.tells("Monitored", "False", "NameTooLong")


def test_whether_a_prometheus_takes_the_monitor_follows_its_selectors(
    plane: Plane, namespace: str, monitor: Monitor
) -> None:
    with prometheus(plane, namespace, {"release": "another"}):
        message = monitor.tells("Selected", "False", "NotSelected")
        assert "spec.scrape.labels" in message
        assert "release=another" in message
        monitor.tells("Ready", "False", "NotSelected")
    monitor.tells("Selected", "Unknown", "NoPrometheusVisible")
    with prometheus(plane, namespace, MONITOR_LABELS):
        assert f"Prometheus {namespace}/" in monitor.tells("Selected", "True", "Selected")


@pytest.mark.parametrize("kind", [PROMETHEUSES, PROMETHEUS_AGENTS], ids=lambda kind: str(kind.plural))
def test_the_labels_that_the_one_prometheus_wants_are_found(
    plane: Plane, namespace: str, service: Service, monitor: Monitor, kind: Resource
) -> None:
    service.monitored()
    with prometheus(plane, namespace, {"team": "a"}, kind):
        monitor.tells("Selected", "True", "Selected")
        found = service.monitor()
        assert found
        assert found["metadata"]["labels"]["team"] == "a"


def test_two_that_want_different_labels_are_a_choice_that_is_left_to_the_owner(
    plane: Plane, namespace: str, monitor: Monitor
) -> None:
    with prometheus(plane, namespace, {"team": "a"}), prometheus(plane, namespace, {"team": "b"}):
        monitor.tells("Selected", "False", "AmbiguousSelectors")
        monitor.edit(scrape={"labels": {"team": "b"}})
        assert "prometheuses-b" in monitor.tells("Selected", "True", "Selected")


def test_pods_whose_exporter_answers_are_reporting_and_the_source_is_what_was_seen(
    plane: Plane, namespace: str, tmp_path: Path
) -> None:
    directory = tmp_path / "captured"
    shutil.copytree(CAPTURE / "vllm-two-api-servers", directory)
    with Exporter(directory) as exporter:
        service, monitor = with_exporters_at(plane, namespace, exporter.port)
        run(service)
        eventually(lambda: "2 of 2" in monitor.tells("Reporting", "True", "AllReporting"), "both pods report")
        monitor.tells("Ready", "True", "Ready")
        assert monitor.status()["source"] == "Multiprocess"
        assert monitor.status()["summary"] == {"injected": "2/2", "reporting": "2/2"}


def test_pods_where_nothing_listens_are_silent(plane: Plane, namespace: str) -> None:
    with HeldPort() as port:  # held, and nobody listens
        service, monitor = with_exporters_at(plane, namespace, port.number)
        run(service)
        assert "rayscope doctor llm" in monitor.tells("Reporting", "False", "SomeSilent")
        monitor.tells("Ready", "False", "SomeSilent")


def test_pods_that_do_not_answer_at_all_are_unreachable_which_is_no_fault(plane: Plane, namespace: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never says a word
        service, monitor = with_exporters_at(plane, namespace, mute.getsockname()[1])
        run(service)
        monitor.tells("Reporting", "Unknown", "Unreachable")
        monitor.tells("Ready", "Unknown", "Unreachable")


def test_an_exporter_that_meets_its_memory_limit_is_told_apart_from_silence(
    plane: Plane, namespace: str, tmp_path: Path
) -> None:
    with ExitStack() as writers:
        for number in range(12):
            writers.enter_context(huge(tmp_path / f"counter_{number}.db", number))
        exporter = writers.enter_context(Exporter(tmp_path))
        service, monitor = with_exporters_at(plane, namespace, exporter.port)
        run(service)
        assert "memory limit" in monitor.tells("Reporting", "False", "SomeOutOfMemory")
        monitor.tells("Ready", "False", "SomeOutOfMemory")


def test_an_exporter_that_fails_by_a_fault_of_its_own_is_told_too(plane: Plane, namespace: str) -> None:
    with server(b'{"failing": "mistake"}') as port:
        service, monitor = with_exporters_at(plane, namespace, port)
        run(service)
        assert "log says" in monitor.tells("Reporting", "False", "SomeFailing")
        monitor.tells("Ready", "False", "SomeFailing")


def test_kinds_that_are_installed_late_are_waited_for_and_told(tmp_path: Path) -> None:
    with Plane(directory=tmp_path, prometheus_crds=False) as bare, HeldPort() as webhook, HeldPort() as health:
        rayscope = Rayscope(bare, webhook, health)
        rayscope.install()
        for crd in OUR_CRDS:
            bare.kubectl("delete", "-f", str(crd), "--wait=true")
        rayscope.start()
        bare.client.create(NAMESPACES.path(), {"metadata": {"name": "early"}})
        service = Service.create(bare, "early", label=MONITOR_VALUE)
        service.told("Injected")  # with the defaults
        bare.install_crds(OUR_CRDS)
        monitor = Monitor.of(service)
        monitor.tells("Monitored", "False", "PrometheusOperatorMissing")
        monitor.tells("Ready", "False", "PrometheusOperatorMissing")
        rules = {each for each in bare.prometheus_crds if "prometheusrules" in each.name}
        bare.install_crds(sorted({*bare.prometheus_crds} - rules))
        monitor.tells("Monitored", "True", "RulesNotInstalled")
        bare.install_crds(rules)
        monitor.tells("Monitored", "True", "MonitorsApplied")
        assert rayscope.stop() == 0


def test_every_reason_has_its_story() -> None:
    """Here, in the life of a VLLMMonitor, or in that of rules."""
    stories = (Path(__file__).with_name(f"test_{name}.py") for name in ("conditions", "monitor", "rules"))
    told = "".join(story.read_text() for story in stories)
    assert [reason.word for reason in REASONS if f'"{reason.word}"' not in told] == []


@pytest.mark.parametrize(
    "requirement", [{"key": "team", "operator": "in", "values": ["ml"]}, {"key": "team", "operator": "In"}]
)
def test_a_prometheus_whose_selector_is_none_keeps_nobody_from_being_monitored(
    plane: Plane, namespace: str, requirement: Object
) -> None:
    """Its CustomResourceDefinition lets that in, and Prometheus Operator refuses the whole object."""
    everywhere: Object = {"podMonitorSelector": {"matchExpressions": [requirement]}, "podMonitorNamespaceSelector": {}}
    with prometheus(plane, namespace, {"broken": "yes"}, PROMETHEUSES, **everywhere):
        service = Service.create(plane, namespace, label=MONITOR_VALUE)
        service.monitored()
        assert "does not take its selectors" in Monitor.of(service).tells("Selected", "False", "NotSelected")
