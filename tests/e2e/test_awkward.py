"""Pods that are not as one would wish: each is injected and reports, or is left as it is and named with the reason."""

import base64
import re
from collections.abc import Iterator
from functools import partial

import pytest

from rayscope.model.names import (
    EXPORTER_CONTAINER,
    EXPORTER_FILE,
    EXPORTER_MOUNT,
    MONITOR_LABEL,
    MONITOR_VALUE,
    MULTIPROC_VARIABLE,
    RAY_CLUSTER_LABEL,
    RAY_GROUP_LABEL,
)
from tests.e2e.exporters import killed, program, said
from tests.e2e.figures import FIGURES
from tests.e2e.ground import Ground, without_rayscope
from tests.e2e.manifests import ray_node, service_of, worker_group
from tests.e2e.service import (
    LIMIT,
    Request,
    Service,
    containers,
    exporter,
    is_ready,
    is_running,
    node_type,
    troubles,
)
from tests.e2e.traffic import traffic
from tests.plane.client import ApiError, Manifest
from tests.plane.resources import CONFIG_MAPS, NAMESPACES, PODS, RAY_SERVICES, SERVICE_ACCOUNTS, SERVICES, Resource
from tests.plane.waiting import eventually

FORBIDDEN = 403
QUOTAS = Resource("", "v1", "resourcequotas")
TOKENS = "vllm:generation_tokens_total"
GROUPS = HEAD, IDLE, OWN, RESTRICTED = "headgroup", "idle", "own-directory", "restricted"
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
PORTS = {"gcs-server", "client", "dashboard", "metrics", "serve"}
"""Of a head's Service, by KubeRay."""
ALL, FEW = "all", "few"
QUOTA = {"pods": "12", "requests.cpu": "8", "requests.memory": "16Gi", "limits.memory": "40Gi"}


@pytest.fixture(scope="module")
def awkward(ground: Ground, namespace: str) -> Service:
    """One RayService of root's head and three groups; where nothing else is said, the image's user has a name."""
    made = Service(ground, namespace, "awkward")
    _limit(made)
    head = _with(ray_node("ray-head", ground.ray), securityContext={"runAsUser": 0})
    groups = [
        worker_group(IDLE, ground.ray, slots=0),
        _with(worker_group(OWN, ground.ray, slots=0), env=[{"name": MULTIPROC_VARIABLE, "value": "/tmp"}]),
        _confined(worker_group(RESTRICTED, ground.ray)),
    ]
    manifest = service_of(namespace, made.name, {MONITOR_LABEL: MONITOR_VALUE}, head, groups, **AUTOSCALED)
    ground.cluster.client.create(RAY_SERVICES.path(namespace), manifest)
    eventually(lambda: _all_run(made), "all four pods run", LIMIT)
    made.serves()
    return made


def test_they_run_and_serve_without_a_program_and_with_a_broken_one(ground: Ground, awkward: Service) -> None:
    client, pods = ground.cluster.client, _injected(awkward)
    assert sorted(map(_group, pods)) == [HEAD, IDLE, RESTRICTED]
    [name] = {program(pod) for pod in pods}
    path = CONFIG_MAPS.path(awkward.namespace, name)
    eventually(lambda: awkward.says("Monitored", "Forbidden"), "the VLLMMonitor says that a quota is in the way", LIMIT)
    assert client.find(path) is None
    eventually(lambda: awkward.says("Reporting", "SomeSilent"), "the VLLMMonitor says that nobody reports", LIMIT)
    before = eventually(lambda: awkward.standing() if _serving(awkward) else [], "who serves is Ready", LIMIT)
    with traffic(awkward) as clients:
        _all_say(awkward, pods, f"waiting: there is no {EXPORTER_MOUNT}/{EXPORTER_FILE} yet")
        with without_rayscope(ground.cluster):
            client.delete(QUOTAS.path(awkward.namespace, FEW))
            eventually(partial(_made, awkward, _broken(name)), "no quota is in the way any longer", LIMIT)
            _all_say(awkward, pods, "the exporter ended with status 1")
        eventually(lambda: client.get(path).get("immutable"), "Rayscope has put its own in the place of that", LIMIT)
        eventually(lambda: awkward.monitor()["status"]["summary"]["reporting"] == "3/3", "three pods report", LIMIT)
    clients.all_answered("program missing, then broken")
    assert awkward.standing() == before


def test_whatever_is_injected_runs_and_reports(awkward: Service) -> None:
    summary = {"injected": "3/4", "reporting": "3/3"}
    eventually(lambda: awkward.monitor()["status"]["summary"] == summary, f"it says {summary}", LIMIT)
    assert troubles(awkward.ask([Request(3, 11, 0.5)] * 40)) == []
    awkward.shows(TOKENS, awkward.ledger()["committed"]["tokens"], "awkward pods")


def test_what_its_owner_set_is_left_and_the_reason_is_said(awkward: Service) -> None:
    (left,) = (pod for pod in awkward.pods() if _group(pod) == OWN)
    assert EXPORTER_CONTAINER not in containers(left)
    eventually(lambda: awkward.says("Injected", "PartlyInjected"), "the VLLMMonitor says that one is left", LIMIT)
    conditions = awkward.monitor()["status"]["conditions"]
    (message,) = (each["message"] for each in conditions if each["type"] == "Injected")
    found = re.search(r"group (\S+) of RayCluster \S+ \((\w+):", message)
    assert found, message
    FIGURES.compared("the group that is left, and why", f"{OWN}, EnvTaken", ", ".join(found.groups()))
    assert found.groups() == (OWN, "EnvTaken")


def test_pods_that_never_restart_have_an_exporter_that_never_ends(awkward: Service) -> None:
    """Ray's autoscaler v2 wants `restartPolicy: Never`: what ends keeps its pod from being Ready for ever."""
    assert {pod["spec"]["restartPolicy"] for pod in awkward.pods()} == {"Never"}
    killed(awkward)
    running = [pod for pod in _injected(awkward) if "running" in exporter(pod)["state"]]
    FIGURES.compared("exporters that run after each was killed", 3, len(running))
    assert len(running) == 3


def test_a_head_that_names_no_ports_has_a_service_with_all_of_rays(awkward: Service) -> None:
    """KubeRay puts them there as long as there is none in the pod: one that was injected into Ray's would end that."""
    (head,) = (pod for pod in awkward.pods() if node_type(pod) == "head")
    assert [port["name"] for port in head["spec"]["containers"][0]["ports"]] == ["metrics"]
    path = SERVICES.path(awkward.namespace, f"{head['metadata']['labels'][RAY_CLUSTER_LABEL]}-head-svc")
    ports = awkward.ground.cluster.client.get(path)["spec"]["ports"]
    names = {port["name"] for port in ports}
    FIGURES.compared("ports of the head's Service", sorted(PORTS), sorted(names))
    assert names == PORTS


def test_a_worker_without_a_proxy_is_never_ready_and_is_scraped(awkward: Service) -> None:
    (idle,) = (pod for pod in awkward.pods() if _group(pod) == IDLE)
    assert not is_ready(idle)
    assert is_running(idle)
    name = idle["metadata"]["name"]
    told = eventually(lambda: count if (count := awkward.up().count(name)) == 2 else 0, "both ports are scraped", LIMIT)
    FIGURES.compared("targets that are up, of a worker that is never Ready", 2, told)


def test_where_ray_may_run_restricted_the_exporter_may_too(awkward: Service, restricted: str) -> None:
    by_group = {_group(pod): pod for pod in awkward.pods()}
    with pytest.raises(ApiError, match="violates PodSecurity"):
        _admitted(awkward, by_group[IDLE], restricted)
    pod = by_group[RESTRICTED]
    admitted = _admitted(awkward, pod, restricted)
    FIGURES.compared("containers in a restricted namespace", list(containers(pod)), list(containers(admitted)))
    assert EXPORTER_CONTAINER in containers(admitted)


def _admitted(service: Service, pod: Manifest, namespace: str) -> Manifest:
    """A copy of the POD in the NAMESPACE, as it would be there."""
    spec = {key: value for key, value in pod["spec"].items() if key not in {"nodeName", "serviceAccountName"}}
    copy = {"metadata": {"name": "copy"}, "spec": spec}
    client = service.ground.cluster.client
    admitted: Manifest = client.request("POST", PODS.path(namespace), body=copy, query={"dryRun": "All"})
    return admitted


@pytest.fixture
def restricted(ground: Ground, namespace: str) -> Iterator[str]:
    """A namespace with the strictest of Pod Security's levels."""
    name = f"{namespace}-{RESTRICTED}"
    labels = {"pod-security.kubernetes.io/enforce": RESTRICTED}
    client = ground.cluster.client
    client.create(NAMESPACES.path(), {"metadata": {"name": name, "labels": labels}})
    try:
        eventually(lambda: client.find(SERVICE_ACCOUNTS.path(name, "default")), "pods have an account there", LIMIT)
        yield name
    finally:
        client.delete(NAMESPACES.path(name=name))


def _limit(service: Service) -> None:
    """By two quotas: with room for all pods, and for no ConfigMap besides the one of every namespace."""
    client, namespace = service.ground.cluster.client, service.namespace
    eventually(lambda: client.list(CONFIG_MAPS.path(namespace)), "the namespace has its ConfigMap", LIMIT)
    for name, hard in ((ALL, QUOTA), (FEW, {"count/configmaps": "1"})):
        client.create(QUOTAS.path(namespace), {"metadata": {"name": name}, "spec": {"hard": hard}})
        eventually(partial(_holds, service, name), f"quota {name} holds", LIMIT)


def _holds(service: Service, quota: str) -> bool:
    status = service.ground.cluster.client.get(QUOTAS.path(service.namespace, quota)).get("status", {})
    return "used" in status


def _all_say(service: Service, pods: list[Manifest], wanted: str) -> None:
    def said_by(pod: Manifest) -> bool:
        return wanted in said(service, pod)

    for pod in pods:
        eventually(partial(said_by, pod), f"the exporter's container says {wanted!r}", LIMIT)


def _broken(name: str) -> Manifest:
    """What is no program, by the name of one."""
    data = base64.b64encode(b"this is no program\n").decode()
    return {"metadata": {"name": name}, "binaryData": {EXPORTER_FILE: data}}


def _made(service: Service, config_map: Manifest) -> bool:
    """Whether it is admitted: the API server learns of a quota's end a moment later."""
    try:
        service.ground.cluster.client.create(CONFIG_MAPS.path(service.namespace), config_map)
    except ApiError as refusal:
        if refusal.status != FORBIDDEN:
            raise
        return False
    return True


def _all_run(service: Service) -> bool:
    """Also those that nothing waits for, as they serve nothing."""
    return len(pods := service.pods()) == len(GROUPS) and all(map(is_running, pods))


def _serving(service: Service) -> bool:
    """Whether all who have a proxy are Ready."""
    return all(is_ready(pod) for pod in service.pods() if _group(pod) in {HEAD, RESTRICTED})


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
