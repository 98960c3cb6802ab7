"""The promise that everything rests on: a label never costs a second RayCluster, and every pod is injected."""

import copy
from functools import partial

import pytest

from rayscope.model.names import MANAGER, RAY_CLUSTER_LABEL, RAY_ORIGIN_NAME_LABEL, pod_monitor
from tests.control.pods import parts
from tests.control.rayscope import Rayscope
from tests.control.samples import Document, services
from tests.control.twins import Twins
from tests.plane import Plane
from tests.plane.resources import POD_MONITORS, PODS, RAY_CLUSTERS, RAY_SERVICES
from tests.plane.waiting import eventually


def describe(service: Document) -> None:
    service["metadata"].setdefault("labels", {})["team"] = "search"
    service["metadata"].setdefault("annotations", {})["example.com/reviewed"] = "yes"


def reconfigure_serve(service: Document) -> None:
    service["spec"]["serveConfigV2"] = service["spec"].get("serveConfigV2", "") + "\n# edited\n"


def scale(service: Document) -> None:
    for group in service["spec"]["rayClusterConfig"].get("workerGroupSpecs", ()):
        group["replicas"] = group.get("replicas", 0) + 1
        group["maxReplicas"] = max(group.get("maxReplicas", 0), group["replicas"])


def append_worker_group(service: Document) -> None:
    config = service["spec"]["rayClusterConfig"]
    if groups := config.get("workerGroupSpecs"):
        groups.append(copy.deepcopy(groups[-1]) | {"groupName": "appended", "replicas": 1, "minReplicas": 0})


def change_environment(service: Document) -> None:
    template = service["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]
    ray = template["spec"]["containers"][0]
    ray["env"] = [*(ray.get("env") or ()), {"name": "EDITED_BY_ITS_OWNER", "value": "1"}]


@pytest.fixture(scope="module")
def twins(plane: Plane, rayscope: Rayscope) -> Twins:
    """Their whole life. Edits come while Rayscope runs; it is killed, and KubeRay restarted, in between."""
    twins = Twins(plane, "twins-labelled", "twins-plain", services(plane.samples))
    for namespace in twins.namespaces:
        plane.kubectl("create", "namespace", namespace)
    twins.apply()
    for edit in (describe, reconfigure_serve, scale, append_worker_group):
        twins.edit(edit)
        twins.apply()
    rayscope.kill()
    rayscope.start()
    twins.edit(change_environment)
    twins.apply()
    plane.restart_kuberay()
    twins.settle()
    twins.apply()
    twins.apply("--server-side", "--force-conflicts", "--field-manager=gitops")
    rayscope.stop()
    rayscope.start()
    twins.settle()
    return twins


def test_both_twins_cost_the_same_number_of_clusters_and_pods(twins: Twins) -> None:
    labelled, plain = (
        [twins.created(namespace, kind) for kind in (RAY_CLUSTERS, PODS)] for namespace in twins.namespaces
    )
    assert labelled == plain
    assert labelled[0] > len(twins.documents)  # a change of the environment is a new cluster: KubeRay's own, in both


def test_every_pod_that_a_labelled_service_ever_had_is_injected(twins: Twins) -> None:
    pods = twins.pods[twins.labelled]
    assert len(pods) == twins.created(twins.labelled, PODS)
    for pod in filter(of_ray, pods.values()):
        assert parts(pod) == (True, True, True, True), pod["metadata"]["name"]


def test_no_pod_of_an_unlabelled_service_is_touched(twins: Twins) -> None:
    assert any(map(of_ray, twins.pods[twins.plain].values()))
    for pod in twins.pods[twins.plain].values():
        assert parts(pod) == (False, False, False, False), pod["metadata"]["name"]


def test_rayscope_manages_no_field_of_any_ray_object(twins: Twins) -> None:
    for namespace in twins.namespaces:
        for kind in (RAY_SERVICES, RAY_CLUSTERS):
            for item in twins.plane.client.list(kind.path(namespace)):
                assert MANAGER not in {entry["manager"] for entry in item["metadata"]["managedFields"]}


def test_every_labelled_service_has_a_monitor_for_all_its_clusters(twins: Twins) -> None:
    clusters = twins.plane.client.list(RAY_CLUSTERS.path(twins.labelled))
    for service in twins.services():
        name = service["metadata"]["name"]
        own = {c["metadata"]["name"] for c in clusters if c["metadata"]["labels"][RAY_ORIGIN_NAME_LABEL] == name}
        path = POD_MONITORS.path(twins.labelled, pod_monitor(name))
        eventually(partial(selects, twins.plane, path, own), f"the monitor of {name} selects {own}")


def of_ray(pod: Document) -> bool:
    """KubeRay made it; a sample brings a pod of its own along."""
    return RAY_CLUSTER_LABEL in pod["metadata"].get("labels", {})


def selects(plane: Plane, monitor: str, clusters: set[str]) -> bool:
    """Whether a PodMonitor selects the pods of all these clusters."""
    (expression,) = plane.client.get(monitor)["spec"]["selector"].get("matchExpressions", [{"values": []}])
    return clusters <= set(expression["values"])
