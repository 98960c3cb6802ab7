"""What a rollout of a service would be: decided from the service as it is now, before anything is asked or written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rayscope.diagnosis.case import Case
from rayscope.diagnosis.preview import new_cluster
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Forbidden, KindMissing
from rayscope.kube.kinds import RAY_CLUSTER, RAY_SERVICE
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, RAY_ORIGIN_NAME_LABEL
from rayscope.model.service import Key, Service
from rayscope.rollout.cost import cost, lines
from rayscope.rollout.gain import disabled, pointless
from rayscope.rollout.refusal import Refusal, refusal, target

DELETION_DELAY = 60
"""Seconds, KubeRay's default of spec.rayClusterDeletionDelaySeconds."""


@dataclass(frozen=True)
class Plan:
    """A rollout that may be asked for."""

    cluster: Manifest
    """The RayCluster that is replaced, as it was read."""
    price: tuple[tuple[str, str], ...]
    """What the new one asks for: resource and amount."""
    remarks: tuple[str, ...]

    @property
    def old(self) -> str:
        return str(self.cluster["metadata"]["name"])


async def plan(api: Api, key: Key, *, force: bool = False) -> Plan | Refusal:
    """The rollout of a service, or why there is none. `force`: even if it would gain nothing."""
    found = await _service(api, key)
    if found is None:
        return Refusal("NotFound", "There is no such RayService.", "kubectl get rayservices --all-namespaces")
    service = Service.of(found)
    clusters = await _clusters(api, key)
    if why := refusal(service, clusters):
        return why
    present, new = clusters[target(service) or ""], await _preview(api, service)
    if not force and (why := await _pointless(api, key, present, new)):
        return why
    price = tuple(lines(cost(new or new_cluster(service))))
    return Plan(present, price, tuple(_remarks(service, seen=new is not None)))


async def _pointless(api: Api, key: Key, present: Manifest, new: Manifest | None) -> Refusal | None:
    wanted = (await Case(api, key).spec()).injection.enabled
    return pointless(key, present, new) if wanted else disabled(key)


async def _service(api: Api, key: Key) -> Manifest | None:
    try:
        return await api.get(RAY_SERVICE, key.name, key.namespace)
    except KindMissing:
        return None


async def _clusters(api: Api, key: Key) -> dict[str, Manifest]:
    origin = f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND},{RAY_ORIGIN_NAME_LABEL}={key.name}"
    return {cluster["metadata"]["name"]: cluster for cluster in await api.list(RAY_CLUSTER, key.namespace, origin)}


async def _preview(api: Api, service: Service) -> Manifest | None:
    """The new cluster as it would be; None where it cannot be seen: no right, or a policy that has its say."""
    try:
        return await api.preview(new_cluster(service))
    except Forbidden:
        return None
    except ApiError as failure:
        if failure.status == 0:
            raise
        return None


def _remarks(service: Service, *, seen: bool) -> Iterator[str]:
    spec = mapping(service.manifest, "spec")
    if not service.active:
        yield "It does not serve yet: its start begins anew."
    if not mapping(spec, "upgradeStrategy").get("type"):
        yield (
            "It names no upgradeStrategy. KubeRay's default is a new cluster; only where its operator runs with "
            "ENABLE_ZERO_DOWNTIME=false, which cannot be seen from here, nothing will happen."
        )
    if mapping(spec, "rayClusterConfig").get("enableInTreeAutoscaling"):
        yield "It is autoscaled: the new cluster begins with the replicas of its spec, and may grow from there."
    if not seen:
        yield "Whether it will be injected could not be tried: you may not create RayClusters, or a policy refused it."
    delay = spec.get("rayClusterDeletionDelaySeconds") or DELETION_DELAY
    yield f"The old one is deleted {delay} s after the new one {'serves' if service.active else 'is named'}."
