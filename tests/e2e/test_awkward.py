"""Pods that are not as one would wish: each is injected and reports, or is left as it is and named with the reason."""

from collections.abc import Iterator

import pytest

from rayscope.model.names import EXPORTER_CONTAINER, MONITOR_LABEL, MONITOR_VALUE, MULTIPROC_VARIABLE, RAY_GROUP_LABEL
from tests.e2e.exporters import killed
from tests.e2e.figures import FIGURES
from tests.e2e.ground import Ground
from tests.e2e.manifests import ray_node, service_of, worker_group
from tests.e2e.service import (
    LIMIT,
    Request,
    Service,
    containers,
    exporter,
    is_ready,
    node_type,
    ray_container,
    state,
    troubles,
)
from tests.plane.client import Manifest
from tests.plane.resources import NAMESPACES, PODS, RAY_SERVICES, Resource
from tests.plane.waiting import eventually

QUOTAS = Resource("", "v1", "resourcequotas")
TOKENS = "vllm:generation_tokens_total"
IDLE, OWN, RESTRICTED = "idle", "own-directory", "restricted"
CONFINED: Manifest = {
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
AUTOSCALER = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
AUTOSCALED: Manifest = {
    "enableInTreeAutoscaling": True,
    "autoscalerOptions": {"version": "v2", "resources": AUTOSCALER},
}
QUOTA = {"pods": "12", "requests.cpu": "8", "requests.memory": "16Gi", "limits.memory": "40Gi"}


@pytest.fixture(scope="module")
def awkward(ground: Ground, namespace: str) -> Service:
    """One RayService of root's head and three groups; where nothing else is said, the image's user has a name."""
    quota = {"metadata": {"name": "all"}, "spec": {"hard": QUOTA}}
    ground.cluster.client.create(QUOTAS.path(namespace), quota)
    made = Service(ground, namespace, "awkward")
    head = _with(ray_node("ray-head", ground.ray), securityContext={"runAsUser": 0})
    groups = [
        worker_group(IDLE, ground.ray, slots=0),
        _with(worker_group(OWN, ground.ray, slots=0), env=[{"name": MULTIPROC_VARIABLE, "value": "/tmp"}]),
        _confined(worker_group(RESTRICTED, ground.ray)),
    ]
    manifest = service_of(namespace, made.name, {MONITOR_LABEL: MONITOR_VALUE}, head, groups, **AUTOSCALED)
    ground.cluster.client.create(RAY_SERVICES.path(namespace), manifest)
    made.serves()
    return made


def test_whatever_is_injected_runs_and_reports(awkward: Service) -> None:
    injected = _injected(awkward)
    assert sorted(_group(pod) for pod in injected) == ["headgroup", IDLE, RESTRICTED]
    eventually(lambda: awkward.monitor()["status"]["summary"]["reporting"] == "3/3", "three pods report", LIMIT)
    assert troubles(awkward.ask([Request(3, 11, 0.5)] * 40)) == []
    expected = awkward.ledger()["committed"]["tokens"]

    def equal() -> bool:
        return awkward.total(TOKENS) == expected

    eventually(equal, f"{expected} tokens are shown", LIMIT)
    FIGURES.compared(f"{TOKENS}, awkward pods", expected, awkward.total(TOKENS))


def test_what_its_owner_set_is_left_and_the_reason_is_said(awkward: Service) -> None:
    (left,) = (pod for pod in awkward.pods() if _group(pod) == OWN)
    assert EXPORTER_CONTAINER not in containers(left)
    eventually(lambda: awkward.says("Injected", "PartlyInjected"), "the VLLMMonitor says that one is left", LIMIT)
    conditions = awkward.monitor()["status"]["conditions"]
    (message,) = (each["message"] for each in conditions if each["type"] == "Injected")
    assert f"group {OWN}" in message
    assert "EnvTaken" in message


def test_pods_that_never_restart_have_an_exporter_that_never_ends(awkward: Service) -> None:
    """Ray's autoscaler v2 wants `restartPolicy: Never`: what ends keeps its pod from being Ready for ever."""
    assert {pod["spec"]["restartPolicy"] for pod in awkward.pods()} == {"Never"}
    killed(awkward)
    assert all("running" in exporter(pod)["state"] for pod in _injected(awkward))


def test_a_head_without_ports_keeps_those_that_kuberay_gives_it(awkward: Service) -> None:
    (head,) = (pod for pod in awkward.pods() if node_type(pod) == "head")
    names = {port["name"] for port in head["spec"]["containers"][0]["ports"]}
    assert names == {"gcs-server", "client", "dashboard", "metrics", "serve"}


def test_a_worker_without_a_proxy_is_never_ready_and_is_scraped(awkward: Service) -> None:
    (idle,) = (pod for pod in awkward.pods() if _group(pod) == IDLE)
    assert not is_ready(idle)
    assert "running" in state(idle, ray_container(idle))["state"]
    eventually(lambda: awkward.up().count(idle["metadata"]["name"]) == 2, "both of its ports are scraped", LIMIT)


def test_where_ray_may_run_restricted_the_exporter_may_too(awkward: Service, restricted: str) -> None:
    (pod,) = (pod for pod in awkward.pods() if _group(pod) == RESTRICTED)
    spec = {key: value for key, value in pod["spec"].items() if key not in {"nodeName", "serviceAccountName"}}
    copy = {"metadata": {"name": "copy"}, "spec": spec}
    client = awkward.ground.cluster.client
    admitted = client.request("POST", PODS.path(restricted), body=copy, query={"dryRun": "All"})
    assert EXPORTER_CONTAINER in containers(admitted)


@pytest.fixture
def restricted(ground: Ground, namespace: str) -> Iterator[str]:
    """A namespace with the strictest of Pod Security's levels."""
    name = f"{namespace}-{RESTRICTED}"
    labels = {"pod-security.kubernetes.io/enforce": RESTRICTED}
    ground.cluster.client.create(NAMESPACES.path(), {"metadata": {"name": name, "labels": labels}})
    yield name
    ground.cluster.client.delete(NAMESPACES.path(name=name))


def _group(pod: Manifest) -> str:
    return str(pod["metadata"]["labels"][RAY_GROUP_LABEL])


def _injected(service: Service) -> list[Manifest]:
    return [pod for pod in service.pods() if EXPORTER_CONTAINER in containers(pod)]


def _with(group: Manifest, **settings: object) -> Manifest:
    """Of the Ray container."""
    group["template"]["spec"]["containers"][0] |= settings
    return group


def _confined(group: Manifest) -> Manifest:
    """As strictly as Pod Security has it, and read-only, with the one place besides its volumes that Ray writes to."""
    _with(group, securityContext=CONFINED)
    spec = group["template"]["spec"]
    spec["volumes"].insert(0, {"name": "tmp", "emptyDir": {}})
    spec["containers"][0]["volumeMounts"].insert(0, {"name": "tmp", "mountPath": "/tmp"})
    return group
