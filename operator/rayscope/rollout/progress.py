"""How far a rollout has come, as lines that are worth printing only when they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from rayscope.inject import inspect
from rayscope.kube.api import Api
from rayscope.kube.kinds import POD, RAY_CLUSTER, RAY_SERVICE
from rayscope.model.manifest import Manifest, sequence
from rayscope.model.names import RAY_CLUSTER_LABEL
from rayscope.model.service import Key, Service
from rayscope.rollout.cost import cost

PERIOD = 2.0


@dataclass(frozen=True)
class Progress:
    """Where a rollout stands. The old cluster is known by its name, and the new one as soon as KubeRay names it."""

    old: str
    old_lives: bool = True
    new: str | None = None
    made: bool = False
    injected: bool = False
    ready: int = 0
    pods: int = 0
    serves: bool = False

    @property
    def done(self) -> bool:
        return self.serves and not self.old_lives

    def __str__(self) -> str:
        if self.new is None:
            return "KubeRay has not named a new cluster yet."
        if not self.made:
            return f"RayCluster {self.new} is named, and not made yet."
        how = "injected" if self.injected else "NOT injected"
        if not self.serves:
            return f"RayCluster {self.new} ({how}): {self.ready} of {self.pods} pods ready."
        if self.old_lives:
            return f"RayCluster {self.new} ({how}) serves now; {self.old} is still there, and KubeRay deletes it."
        return f"RayCluster {self.old} is gone, and {self.new} ({how}) serves: the rollout is done."


async def watch(api: Api, key: Key, old: str) -> AsyncIterator[Progress]:
    """Each new state of a rollout, until it is done or the service is gone."""
    before = None
    while (now := await look(api, key, old)) is not None:
        if now != before:
            yield now
        if now.done:
            return
        before = now
        await asyncio.sleep(PERIOD)


async def look(api: Api, key: Key, old: str) -> Progress | None:
    """The state as it is now; None where the service is gone."""
    found = await api.get(RAY_SERVICE, key.name, key.namespace)
    if found is None:
        return None
    service = Service.of(found)
    new = next((name for name in (service.pending, service.active) if name and name != old), None)
    cluster = await api.get(RAY_CLUSTER, new, key.namespace) if new else None
    pods = await api.list(POD, key.namespace, f"{RAY_CLUSTER_LABEL}={new}") if cluster else []
    lives = await api.get(RAY_CLUSTER, old, key.namespace) is not None
    return progress(service, old, new, cluster, pods, old_lives=lives)


def progress(  # noqa: PLR0913 - what was read
    service: Service,
    old: str,
    new: str | None,
    cluster: Manifest | None,
    pods: Sequence[Manifest],
    *,
    old_lives: bool,
) -> Progress:
    """The state of a rollout from `old` to `new`, whose RayCluster and pods are these."""
    return Progress(
        old=old,
        old_lives=old_lives,
        new=new,
        made=cluster is not None,
        injected=cluster is not None and inspect(cluster).complete,
        ready=sum(map(_ready, pods)),
        pods=max(cost(cluster).pods if cluster else 0, len(pods)),
        serves=new is not None and service.active == new,
    )


def _ready(pod: Manifest) -> bool:
    conditions = sequence(pod, "status", "conditions")
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
