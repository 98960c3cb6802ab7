"""`rayscope doctor` on a real control plane: each way to have no metrics is named first, and is the right one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rayscope.inject import inspect
from rayscope.model.names import EXPORTER_PORT_NAME, MONITOR_VALUE
from tests.control.cli import Told, rayscope
from tests.control.rayscope import MONITOR_LABELS, Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.client import ApiError
from tests.plane.ports import HeldPort
from tests.plane.resources import CLUSTER_ROLE_BINDINGS, NAMESPACES, POD_MONITORS, PROMETHEUSES

pytestmark = pytest.mark.control

ORDER = [
    "service",
    "label",
    "rights",
    "leader",
    "webhook",
    "admission",
    "cluster",
    "pods",
    "exporter",
    "directory",
    "families",
    "prometheus-operator",
    "monitor",
    "selected",
    "prometheus-rights",
    "network",
]


def doctor(plane: Plane, service: Service, *options: str, kubeconfig: Path | None = None) -> Told:
    place = ("-n", service.namespace)
    return rayscope(kubeconfig or plane.kubeconfig, "doctor", service.name, *place, "-o", "json", *options)


def states(told: Told) -> dict[str, str]:
    return {step["id"]: step["state"] for step in told.json["steps"]}


def first_problem(told: Told) -> dict[str, Any]:
    """The step that is named; it must be there, and the command's exit code must say so."""
    assert told.code == 1, told.errors
    [step] = [step for step in told.json["steps"] if step["id"] == told.json["first_problem"]]
    assert step["state"] == "problem"
    assert step["next"]
    return dict(step)


@contextmanager
def prometheus(plane: Plane, namespace: str, labels: dict[str, str]) -> Iterator[None]:
    """A Prometheus that takes PodMonitors with these labels, wherever they are, and may look for pods."""
    name = f"main-{namespace}"
    spec = {
        "podMonitorSelector": {"matchLabels": labels},
        "podMonitorNamespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "serviceAccountName": "prometheus",
    }
    manifest = {
        "apiVersion": PROMETHEUSES.api_version,
        "kind": "Prometheus",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    plane.client.create(PROMETHEUSES.path(namespace), manifest)
    yield
    plane.client.delete(PROMETHEUSES.path(namespace, name))


def may_look_for_pods(plane: Plane, namespace: str) -> None:
    verbs = "--verb=get,list,watch"
    plane.kubectl("create", "role", "prometheus", verbs, "--resource=pods", "-n", namespace)
    account = f"--serviceaccount={namespace}:prometheus"
    plane.kubectl("create", "rolebinding", "prometheus", "--role=prometheus", account, "-n", namespace)


def monitored(plane: Plane, namespace: str) -> Service:
    """A labelled service with all that belongs to it."""
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.head_and_workers()
    service.monitored()
    return service


def test_a_service_whose_pods_are_still_pending_has_no_problem_and_waits(
    plane: Plane, namespace: str, rayscope: Rayscope
) -> None:
    service = monitored(plane, namespace)
    may_look_for_pods(plane, namespace)
    with prometheus(plane, namespace, MONITOR_LABELS):
        told = doctor(plane, service)
    assert told.code == 0, told.output
    assert [step["id"] for step in told.json["steps"]] == ORDER
    assert states(told) == dict.fromkeys(ORDER, "ok") | dict.fromkeys(
        ("pods", "exporter", "directory", "families"), "waiting"
    )
    assert told.json["first_problem"] is None
    assert told.json["healthy"] is False
    assert rayscope.ready()


@pytest.mark.usefixtures("rayscope")
@pytest.mark.parametrize(("value", "word"), [(None, "no label"), ("true", "'true'")])
def test_no_label_or_a_wrong_one_is_named(plane: Plane, namespace: str, value: str | None, word: str) -> None:
    service = Service.create(plane, namespace, label=value)
    service.cluster()
    told = doctor(plane, service)
    step = first_problem(told)
    assert step["id"] == "label"
    assert word in step["evidence"]
    assert step["next"].startswith(f"kubectl label rayservice llm -n {namespace} rayscope.dev/monitor=vllm")
    assert states(told)["cluster"] == states(told)["monitor"] == "skipped"
    assert states(told)["webhook"] == states(told)["admission"] == "ok"


def test_a_webhook_that_was_down_when_the_cluster_was_made_is_named(
    plane: Plane, namespace: str, rayscope: Rayscope
) -> None:
    rayscope.stop()
    try:
        service = Service.create(plane, namespace, label=MONITOR_VALUE)
        service.head_and_workers()
        meanwhile = doctor(plane, service)
    finally:
        rayscope.start()
    service.monitored()
    assert first_problem(meanwhile)["id"] == "leader"
    assert states(meanwhile)["admission"] == states(meanwhile)["cluster"] == "problem"
    told = doctor(plane, service)
    step = first_problem(told)
    assert step["id"] == "cluster"
    assert service.cluster()["metadata"]["name"] in step["evidence"]
    assert "headgroup, small-group" in step["evidence"]
    assert step["next"].startswith(f"rayscope rollout llm -n {namespace}")
    assert states(told)["admission"] == "ok"


@pytest.mark.usefixtures("rayscope")
def test_a_monitor_that_no_prometheus_selects_is_named(plane: Plane, namespace: str) -> None:
    service = monitored(plane, namespace)
    with prometheus(plane, namespace, {"release": "another"}):
        step = first_problem(doctor(plane, service))
    assert step["id"] == "selected"
    assert "release=another" in step["evidence"]
    assert "--monitor-labels release=another" in step["next"]


@pytest.mark.usefixtures("rayscope")
def test_a_prometheus_that_may_not_look_for_pods_is_named(plane: Plane, namespace: str) -> None:
    service = monitored(plane, namespace)
    with prometheus(plane, namespace, MONITOR_LABELS):
        step = first_problem(doctor(plane, service))
    assert step["id"] == "prometheus-rights"
    assert f"list pods in {namespace}" in step["evidence"]


@pytest.mark.usefixtures("rayscope")
def test_a_network_policy_in_the_way_is_named_until_it_lets_prometheus_in(plane: Plane, namespace: str) -> None:
    service = monitored(plane, namespace)
    may_look_for_pods(plane, namespace)
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "quiet", "namespace": namespace},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    with prometheus(plane, namespace, MONITOR_LABELS):
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(policy))
        step = first_problem(doctor(plane, service))
        assert step["id"] == "network"
        assert "NetworkPolicy quiet" in step["evidence"]
        policy["spec"]["ingress"] = [{"ports": [{"port": EXPORTER_PORT_NAME}]}]
        plane.kubectl("apply", "-f", "-", stdin=json.dumps(policy))
        assert doctor(plane, service).json["first_problem"] is None


def test_rights_that_rayscope_lacks_are_named(plane: Plane, namespace: str, rayscope: Rayscope) -> None:
    service = monitored(plane, namespace)
    binding = plane.client.get(CLUSTER_ROLE_BINDINGS.path(name="rayscope"))
    rayscope.stop()
    plane.client.delete(CLUSTER_ROLE_BINDINGS.path(name="rayscope"))
    try:
        step = first_problem(doctor(plane, service))
    finally:
        del binding["metadata"]["resourceVersion"], binding["metadata"]["uid"]
        plane.client.create(CLUSTER_ROLE_BINDINGS.path(), binding)
        rayscope.start()
    assert step["id"] == "rights"
    assert "ServiceAccount rayscope/rayscope" in step["evidence"]
    assert "kubectl auth can-i" in step["next"]


@pytest.mark.usefixtures("rayscope")
def test_who_may_see_little_learns_little_and_is_not_lied_to(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    kubeconfig = plane.kubeconfig_for(namespace, "viewer")
    blind = doctor(plane, service, kubeconfig=kubeconfig)
    assert blind.code == 2
    assert blind.json["healthy"] is False
    assert states(blind)["service"] == "unknown"
    resources = "rayservices.ray.io,rayclusters.ray.io,pods"
    plane.kubectl("create", "role", "reader", "--verb=get,list", f"--resource={resources}", "-n", namespace)
    account = f"--serviceaccount={namespace}:viewer"
    plane.kubectl("create", "rolebinding", "reader", "--role=reader", account, "-n", namespace)
    service.head_and_workers()
    told = doctor(plane, service, kubeconfig=kubeconfig)
    assert told.code == 0
    seen = states(told)
    assert (seen["service"], seen["label"], seen["cluster"], seen["pods"]) == ("ok", "ok", "ok", "waiting")
    assert seen["rights"] == seen["webhook"] == seen["admission"] == seen["monitor"] == "unknown"


@pytest.mark.usefixtures("rayscope")
def test_it_writes_nothing(plane: Plane, namespace: str) -> None:
    service = monitored(plane, namespace)
    mark = plane.audit.mark()
    doctor(plane, service)
    writes = [request for request in plane.audit.since(mark) if request.writes and request.user == "admin"]
    assert writes
    assert all(request.resource == "subjectaccessreviews" or "dryRun=All" in request.uri for request in writes)
    assert inspect(service.cluster()).complete


def test_a_cluster_out_of_reach_is_told_in_one_line(tmp_path: Path) -> None:
    with HeldPort() as port:
        kubeconfig = tmp_path / "kubeconfig"
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{port.number}"}}
        context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
        kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "clusters": [cluster],
                    "contexts": [context],
                    "users": [{"name": "u", "user": {"token": "t"}}],
                }
            )
        )
        told = rayscope(kubeconfig, "doctor", "llm")
    assert told.code == 2
    assert told.output == ""
    assert told.errors.startswith("Error: no way to the cluster")
    assert "Traceback" not in told.errors


def test_without_prometheus_operators_kinds_that_is_named() -> None:
    """On a plane of its own: there, nobody has ever installed them."""
    with Plane(prometheus_crds=False) as bare, HeldPort() as webhook, HeldPort() as health:
        operator = Rayscope(bare, webhook, health)
        operator.install()
        operator.start()
        bare.client.create(NAMESPACES.path(), {"metadata": {"name": "serving"}})
        service = Service.create(bare, "serving", label=MONITOR_VALUE)
        service.head_and_workers()
        told = doctor(bare, service)
        assert operator.stop() == 0
        with pytest.raises(ApiError):
            bare.client.list(POD_MONITORS.path("serving"))
    step = first_problem(told)
    assert step["id"] == "prometheus-operator"
    assert "PodMonitor" in step["evidence"]
    assert states(told)["monitor"] == "skipped"


def test_every_step_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
    assert all(f"| `{step}` |" in text for step in ORDER)
