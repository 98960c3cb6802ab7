"""Why a rollout is not asked for: the service's own state forbids it, or makes it do something else. Pure.

Facts about KubeRay are from ray-operator/controllers/ray/rayservice_controller.go (1.6): shouldPrepareNewCluster and
reconcileRayCluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE, RAY_GROUPS_ANNOTATION, RAY_HASH_ANNOTATION
from rayscope.model.service import Service

KUBERAY = "ray.io/kuberay-operator"
"""spec.managedBy where it is KubeRay itself that reconciles."""
UNDER_WAY = ("UpgradeInProgress", "RollbackInProgress")
SUSPENDED = ("Suspending", "Suspended")


@dataclass(frozen=True)
class Refusal:
    """Why not, and what to do instead. `reason` is stable."""

    reason: str
    message: str
    next: str


def refusal(service: Service, clusters: Mapping[str, Manifest]) -> Refusal | None:
    """The first reason against a rollout of a service with these RayClusters, by name; None if there is none."""
    return next(_refusals(service, clusters), None)


def target(service: Service) -> str | None:
    """The cluster that a rollout replaces: the one that serves, or else the first one, which is still starting."""
    return service.active or service.pending


def _refusals(service: Service, clusters: Mapping[str, Manifest]) -> Iterator[Refusal]:
    yield from _of_the_label(service)
    yield from _of_the_spec(service)
    yield from _of_the_strategy(service)
    yield from _of_the_state(service)
    yield from _of_the_cluster(service, clusters)


def _of_the_label(service: Service) -> Iterator[Refusal]:
    name, namespace = service.key.name, service.key.namespace
    if service.deleting:
        yield Refusal("Deleting", "It is being deleted.", f"kubectl get rayservice {name} -n {namespace} --watch")
    if service.label != MONITOR_VALUE:
        has = "no label" if service.label is None else f"the value {service.label!r} for the label"
        yield Refusal(
            "NotLabelled",
            f"It has {has} {MONITOR_LABEL}, so that a new cluster would be made without Rayscope, too.",
            f"kubectl label rayservice {name} -n {namespace} {MONITOR_LABEL}={MONITOR_VALUE} --overwrite",
        )


def _of_the_spec(service: Service) -> Iterator[Refusal]:
    spec = mapping(service.manifest, "spec")
    if (manager := spec.get("managedBy") or KUBERAY) != KUBERAY:
        yield Refusal(
            "ManagedElsewhere",
            f"{manager} manages it (spec.managedBy), and KubeRay here leaves it alone.",
            "Ask for the rollout in the cluster that runs it.",
        )
    if spec.get("suspend") or any(_holds(service, condition) for condition in SUSPENDED):
        yield Refusal(
            "Suspended",
            "It is suspended: it has no cluster, and gets a new one when it is resumed.",
            "Set spec.suspend to false; the new cluster is made with Rayscope.",
        )


def _of_the_strategy(service: Service) -> Iterator[Refusal]:
    strategy = mapping(service.manifest, "spec", "upgradeStrategy").get("type")
    if strategy == "None":
        yield Refusal(
            "StrategyNone",
            "spec.upgradeStrategy.type is None: KubeRay makes no second cluster for it, whatever changes.",
            "Set it to NewCluster for the time of the rollout, or delete and create the service: that is a downtime.",
        )
    if strategy == "NewClusterWithIncrementalUpgrade":
        yield Refusal(
            "StrategyIncremental",
            "spec.upgradeStrategy.type is NewClusterWithIncrementalUpgrade: KubeRay would move the traffic to the new "
            "cluster step by step (stepSizePercent, intervalSeconds) through a Gateway, and back again if the spec "
            "goes back. It decides that by comparing hashes, which this command replaces by one that is nobody's.",
            "Change spec.rayClusterConfig, e.g. an annotation of the head's pod template: KubeRay's own way.",
        )


def _of_the_state(service: Service) -> Iterator[Refusal]:
    name, namespace = service.key.name, service.key.namespace
    if (service.active and service.pending) or any(_holds(service, condition) for condition in UNDER_WAY):
        yield Refusal(
            "UnderWay",
            f"A rollout is under way: RayCluster {service.pending} is to take over from {service.active}. Another one "
            "now would throw it away and begin anew.",
            f"rayscope status -n {namespace}  # wait until it is done; the new cluster may have been injected already",
        )
    if _reason(service, "Ready") == "InitializingTimeout":
        yield Refusal(
            "GivenUp",
            "KubeRay has given it up (InitializingTimeout), and does nothing for it any more.",
            f"kubectl delete rayservice {name} -n {namespace}  # and create it again: it gets a cluster with Rayscope",
        )


def _of_the_cluster(service: Service, clusters: Mapping[str, Manifest]) -> Iterator[Refusal]:
    name = target(service)
    cluster = clusters.get(name or "")
    if cluster is None:
        named = f"RayCluster {name} is about to be made" if name else "KubeRay has not made a cluster for it yet"
        yield Refusal(
            "NoCluster",
            f"{named}: there is nothing to replace, and what is made now is made with Rayscope.",
            f"rayscope doctor {service.key.name} -n {service.key.namespace}",
        )
        return
    noted = mapping(cluster, "metadata", "annotations")
    if not noted.get(RAY_HASH_ANNOTATION) or not str(noted.get(RAY_GROUPS_ANNOTATION, "")).isdecimal():
        yield Refusal(
            "NotKubeRays",
            f"RayCluster {name} lacks KubeRay's annotations {RAY_HASH_ANNOTATION} and {RAY_GROUPS_ANNOTATION}, without "
            "which KubeRay would change it in place.",
            "Change spec.rayClusterConfig, e.g. an annotation of the head's pod template.",
        )


def _holds(service: Service, condition: str) -> bool:
    return _condition(service, condition).get("status") == "True"


def _reason(service: Service, condition: str) -> str | None:
    return _condition(service, condition).get("reason")


def _condition(service: Service, name: str) -> Manifest:
    conditions = sequence(service.manifest, "status", "conditions")
    return next((condition for condition in conditions if condition["type"] == name), {})
