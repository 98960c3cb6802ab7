"""Services at a glance, out of the lists of everything."""

from typing import Any

from rayscope.diagnosis.overview import ServiceView, view
from rayscope.model.names import MONITOR_LABEL, RAY_CLUSTER_LABEL, SERVICE_LABEL
from tests.unit.inject.clusters import group, injected, pod
from tests.unit.rollout.services import NEW, OLD, manifest, ray_cluster, service

MONITOR = {"metadata": {"namespace": "serving", "name": "llama-rayscope", "labels": {SERVICE_LABEL: "llama"}}}


def pod_of(cluster: dict[str, Any], phase: str = "Running", namespace: str = "serving") -> dict[str, Any]:
    metadata = {"namespace": namespace, "labels": {RAY_CLUSTER_LABEL: cluster["metadata"]["name"]}}
    return {
        "metadata": metadata,
        "spec": cluster["spec"]["headGroupSpec"]["template"]["spec"],
        "status": {"phase": phase},
    }


def seen(
    *clusters: Any, pods: Any = (), monitors: Any = (MONITOR,), statuses: Any = (), given: Any = None
) -> ServiceView:
    return view(service(given), clusters, pods, monitors, statuses)


def test_an_injected_service_with_its_monitor_needs_no_reason() -> None:
    cluster = injected(ray_cluster())
    told = seen(cluster, pods=[pod_of(cluster), pod_of(cluster, "Failed"), pod_of(cluster, namespace="other")])
    assert told.reason is None
    assert [(each.name, each.role, each.injected, each.total) for each in told.clusters] == [(OLD, "Active", 1, 1)]
    assert told.document()["monitors"] == ["llama-rayscope"]


def test_a_cluster_without_rayscope_asks_for_a_restart() -> None:
    cluster = ray_cluster()
    told = seen(cluster, pods=[pod_of(cluster)])
    assert told.reason == "RestartRequired"
    assert (told.clusters[0].injected, told.clusters[0].total) == (0, 1)


def test_what_is_being_replaced_is_no_reason() -> None:
    serving = manifest()
    serving["status"]["activeServiceStatus"]["rayClusterName"] = NEW
    told = seen(ray_cluster(OLD), injected(ray_cluster(NEW)), given=serving)
    assert [each.role for each in told.clusters] == ["Retiring", "Active"]
    assert told.reason is None


def test_a_conflict_is_named_by_its_reason() -> None:
    cluster = ray_cluster()
    cluster["spec"]["headGroupSpec"] = group(pod(hostNetwork=True))
    assert seen(injected(cluster)).reason == "HostNetwork"


def test_what_is_missing_around_it_is_the_reason_then() -> None:
    cluster = injected(ray_cluster())
    assert seen(cluster, monitors=()).reason == "NoMonitor"
    assert seen(cluster, monitors=None).reason == "NoPrometheusOperator"
    assert seen().reason == "NoCluster"


def test_a_wrong_value_of_the_label_comes_first() -> None:
    wrong = manifest()
    wrong["metadata"]["labels"][MONITOR_LABEL] = "true"
    assert seen(given=wrong).reason == "InvalidLabel"


def test_what_its_vllmmonitor_says_is_what_counts() -> None:
    ready = {"type": "Ready", "status": "False", "reason": "NotSelected", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {"metadata": MONITOR["metadata"] | {"name": "llama"}, "status": {"source": "Ray", "conditions": [ready]}}
    told = seen(injected(ray_cluster()), statuses=[status])
    assert told.reason == "NotSelected"
    assert told.source == "Ray"
