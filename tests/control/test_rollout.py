"""`rayscope rollout` against real KubeRay: what it refuses, what it costs, and what its one write brings about.

Nothing becomes active here, as no pod ever runs: the cluster that is replaced is the first one, which still starts.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rayscope.inject import inspect
from rayscope.model.names import (
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_GROUPS_ANNOTATION,
    RAY_HASH_ANNOTATION,
)
from rayscope.rollout.request import operations
from tests.control.cli import Told, rayscope
from tests.control.rayscope import Rayscope
from tests.control.story import Service
from tests.plane import Plane
from tests.plane.client import ApiError
from tests.plane.resources import RAY_CLUSTERS
from tests.plane.waiting import eventually

CRDS = sorted((Path(__file__).parents[2] / "crds").glob("*.yaml"))

pytestmark = [pytest.mark.control, pytest.mark.usefixtures("rayscope")]


def rollout(plane: Plane, service: Service, *options: str, kubeconfig: Path | None = None) -> Told:
    return rayscope(kubeconfig or plane.kubeconfig, "rollout", service.name, "-n", service.namespace, *options)


def labelled_late(plane: Plane, namespace: str) -> Service:
    """A service whose cluster was made without Rayscope."""
    service = Service.create(plane, namespace)
    service.cluster()
    service.label()
    return service


def test_kuberay_makes_an_injected_cluster_of_the_unchanged_service(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    before, spec = service.cluster(), plane.client.get(service.path)["spec"]
    told = rollout(plane, service, "--yes")
    assert (told.code, told.errors) == (0, "")
    [new] = eventually(
        lambda: [each for each in service.clusters() if each["metadata"]["uid"] != before["metadata"]["uid"]],
        "KubeRay makes a new cluster",
    )
    assert inspect(new).complete
    assert new["metadata"]["annotations"][RAY_HASH_ANNOTATION] == before["metadata"]["annotations"][RAY_HASH_ANNOTATION]
    assert plane.client.get(service.path)["spec"] == spec


def test_one_annotation_is_written_by_the_caller_and_by_nobody_else(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    before = service.cluster()
    mark = plane.audit.mark()
    assert rollout(plane, service, "--yes").code == 0
    writes = [
        request
        for request in plane.audit.since(mark)
        if request.writes and request.namespace == namespace and request.group == "ray.io"
    ]
    by_caller = [request for request in writes if request.user == "admin"]
    assert [(request.verb, "dryRun=All" in request.uri) for request in by_caller] == [
        ("create", True),
        ("patch", True),
        ("patch", False),
    ]
    assert by_caller[-1].name == before["metadata"]["name"]
    assert not [request for request in writes if request.user == Rayscope.user]
    after = plane.client.get(RAY_CLUSTERS.path(namespace, before["metadata"]["name"]))
    changed = {**before["metadata"]["annotations"], **after["metadata"]["annotations"]}
    assert changed.pop(RAY_HASH_ANNOTATION).startswith("rollout-")
    assert changed[RAY_GROUPS_ANNOTATION] == "1"
    assert after["spec"] == before["spec"]


def test_a_dry_run_tells_the_cost_and_changes_nothing(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    before = service.cluster()
    told = rollout(plane, service, "--dry-run")
    assert told.code == 0
    assert re.search(
        r"^  pods    2 \(1 head, 1 worker\)\n  cpu     2\.52\n  memory  4\.06Gi$", told.output, re.MULTILINE
    )
    assert before["metadata"]["name"] in told.output
    assert service.cluster()["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_without_a_terminal_it_wants_a_yes(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    before = service.cluster()
    told = rollout(plane, service)
    assert told.code == 2
    assert "--yes" in told.errors
    assert service.cluster()["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_waiting_tells_how_far_it_has_come_and_what_is_so_at_the_end_of_its_time(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    told = rollout(plane, service, "--yes", "--wait", "--timeout", "12s")
    assert told.code == 1
    assert re.search(r"RayCluster llm-\w+ \(injected\): 0 of 2 pods ready\.", told.output)
    assert re.search(r"Not done within 12 s\..*0 of 2 pods ready", told.errors)


def test_a_cluster_that_is_up_to_date_is_replaced_only_by_force(plane: Plane, namespace: str) -> None:
    service = Service.create(plane, namespace, label=MONITOR_VALUE)
    service.cluster()
    told = rollout(plane, service, "--yes")
    assert told.code == 1
    assert "UpToDate" in told.errors
    assert rollout(plane, service, "--dry-run", "--force").code == 0


def test_while_the_webhook_is_down_a_rollout_is_a_waste(plane: Plane, namespace: str, rayscope: Rayscope) -> None:
    service = labelled_late(plane, namespace)
    rayscope.stop()
    try:
        told = rollout(plane, service, "--yes")
    finally:
        rayscope.start()
    assert told.code == 1
    assert "WebhookNotReached" in told.errors
    assert f"Next: rayscope doctor llm -n {namespace}" in told.errors
    assert len(service.clusters()) == 1


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ({"metadata": {"labels": {MONITOR_LABEL: None}}}, "NotLabelled"),
        ({"metadata": {"labels": {MONITOR_LABEL: "true"}}}, "NotLabelled"),
        ({"spec": {"upgradeStrategy": {"type": "None"}}}, "StrategyNone"),
        ({"spec": {"upgradeStrategy": {"type": "NewClusterWithIncrementalUpgrade"}}}, "StrategyIncremental"),
    ],
)
def test_what_is_refused_is_told_with_the_next_step(
    plane: Plane, namespace: str, patch: dict[str, object], reason: str
) -> None:
    service = labelled_late(plane, namespace)
    plane.client.patch(service.path, patch)
    told = rollout(plane, service, "--yes")
    assert told.code == 1
    assert f"llm: {reason}: " in told.errors
    assert "\nNext: " in told.errors


def test_a_monitor_that_wants_no_injection_leaves_nothing_to_roll_out_or_to_diagnose(
    plane: Plane, namespace: str
) -> None:
    plane.install_crds(CRDS)
    service = labelled_late(plane, namespace)
    monitor = {
        "apiVersion": "rayscope.dev/v1alpha1",
        "kind": "VLLMMonitor",
        "metadata": {"name": service.name, "namespace": namespace},
        "spec": {"injection": {"enabled": False}},
    }
    plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(monitor))
    told = rollout(plane, service, "--yes")
    assert told.code == 1
    assert "InjectionDisabled" in told.errors
    service.monitored()
    steps = rayscope(plane.kubeconfig, "doctor", service.name, "-n", namespace, "-o", "json").json["steps"]
    states = {step["id"]: step["state"] for step in steps}
    assert {states[step] for step in ("webhook", "admission", "cluster", "pods", "families")} == {"skipped"}
    assert "problem" not in states.values()


def test_a_service_that_is_not_there_is_told_so(plane: Plane, namespace: str) -> None:
    told = rollout(plane, Service(plane, namespace, "nothing"), "--yes")
    assert told.code == 1
    assert "NotFound" in told.errors


def test_without_the_right_to_patch_it_ends_before_anybody_is_asked(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    viewer = plane.kubeconfig_for(namespace, "viewer")
    resources = "rayservices.ray.io,rayclusters.ray.io"
    plane.kubectl("create", "role", "reader", "--verb=get,list", f"--resource={resources}", "-n", namespace)
    account = f"--serviceaccount={namespace}:viewer"
    plane.kubectl("create", "rolebinding", "reader", "--role=reader", account, "-n", namespace)
    told = rollout(plane, service, "--yes", kubeconfig=viewer)
    assert told.code == 2
    assert "cannot patch resource" in told.errors
    assert "you may not create RayClusters" in told.output


def test_a_cluster_that_has_changed_meanwhile_is_not_touched(plane: Plane, namespace: str) -> None:
    service = labelled_late(plane, namespace)
    read = service.cluster()
    path = RAY_CLUSTERS.path(namespace, read["metadata"]["name"])
    plane.client.patch(path, {"metadata": {"annotations": {RAY_HASH_ANNOTATION: read["metadata"]["uid"]}}})
    with pytest.raises(ApiError) as refused:
        plane.client.patch(path, operations(read, datetime.now(UTC)))
    assert refused.value.status == 422
