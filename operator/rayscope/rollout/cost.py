"""What a cluster asks of Kubernetes, from its pod templates: the price of a second one beside the first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from rayscope.inject.resources import quantity
from rayscope.model.cluster import HEAD_GROUP, Group, groups
from rayscope.model.manifest import Manifest, mapping, sequence

AUTOSCALER = {"cpu": "500m", "memory": "512Mi"}
"""KubeRay's autoscaler beside the head, unless spec.autoscalerOptions says otherwise (BuildAutoscalerContainer)."""

Amounts = dict[str, Decimal]
"""By the resource's name: CPUs, bytes, devices."""


@dataclass(frozen=True)
class Cost:
    """What all pods of a cluster ask for at its start."""

    heads: int
    workers: int
    requests: Amounts

    @property
    def pods(self) -> int:
        return self.heads + self.workers


def cost(cluster: Manifest) -> Cost:
    """The cost of a RayCluster as its spec stands; an autoscaler may ask for more later."""
    counted = [(group, _replicas(group)) for group in groups(cluster)]
    workers = sum(count for group, count in counted if group.name != HEAD_GROUP)
    pods = [_times(_pod(group.pod), count) for group, count in counted]
    return Cost(1, workers, _sum([*pods, _autoscaler(cluster)]))


def _replicas(group: Group) -> int:
    """Pods of a group: as KubeRay's GetWorkerGroupDesiredReplicas, times the hosts of a replica."""
    if group.name == HEAD_GROUP:
        return 1
    given = group.manifest
    if given.get("suspend"):
        return 0
    least, most = given.get("minReplicas") or 0, given.get("maxReplicas")
    wanted = max(least, given.get("replicas") or 0)
    return (wanted if most is None else min(wanted, most)) * (given.get("numOfHosts") or 1)


def _pod(pod: Manifest) -> Amounts:
    """A pod's request, as the scheduler counts it: what runs together, or what one init container needs before."""
    if own := mapping(pod, "resources"):
        return _request(own)
    init = sequence(pod, "initContainers")
    sidecars = [container for container in init if container.get("restartPolicy") == "Always"]
    together = _sum(_container(container) for container in (*sequence(pod, "containers"), *sidecars))
    before = [_container(container) for container in init if container not in sidecars]
    return _sum([_greatest([together, *before]), _amounts(mapping(pod, "overhead"))])


def _container(container: Manifest) -> Amounts:
    return _request(mapping(container, "resources"))


def _request(resources: Manifest) -> Amounts:
    """A request that is not given is the limit."""
    return _amounts({**mapping(resources, "limits"), **mapping(resources, "requests")})


def _autoscaler(cluster: Manifest) -> Amounts:
    spec = mapping(cluster, "spec")
    if not spec.get("enableInTreeAutoscaling"):
        return {}
    return _request(mapping(spec, "autoscalerOptions", "resources") or {"requests": AUTOSCALER})


def _amounts(given: Manifest) -> Amounts:
    return {name: quantity(amount) for name, amount in given.items()}


def _sum(parts: Iterable[Amounts]) -> Amounts:
    return _combined(parts, lambda amounts: sum(amounts, Decimal(0)))


def _greatest(parts: Iterable[Amounts]) -> Amounts:
    return _combined(parts, max)


def _times(part: Amounts, count: int) -> Amounts:
    return {name: amount * count for name, amount in part.items()}


def _combined(parts: Iterable[Amounts], combine: Callable[[list[Decimal]], Decimal]) -> Amounts:
    every = list(parts)
    names = dict.fromkeys(name for part in every for name in part)
    return {name: combine([part[name] for part in every if name in part]) for name in names}


def lines(price: Cost) -> Iterator[tuple[str, str]]:
    """The cost as (resource, amount), in the notation of Kubernetes; CPU and memory first."""
    yield "pods", f"{price.pods} ({price.heads} head, {price.workers} worker)"
    first = [name for name in ("cpu", "memory") if name in price.requests]
    for name in [*first, *sorted(price.requests.keys() - set(first))]:
        if amount := price.requests[name]:
            yield name, _written(name, amount)


def _written(name: str, amount: Decimal) -> str:
    if name not in {"memory", "ephemeral-storage"} and not name.startswith("hugepages-"):
        return f"{amount.normalize():f}"
    gibibytes = amount / 2**30
    return f"{gibibytes.quantize(Decimal('0.01')).normalize():f}Gi"
