"""What Rayscope has made and nobody else takes away: found, and deleted, with the caller's rights, once it is gone.

An exporter that a pod mounts is not among it: without it, the pod's exporter would idle after its next restart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rayscope.control.children import CHILD_KINDS, CHILDREN, Ref
from rayscope.control.delivery import EXPORTERS, made_by_us, unmounted
from rayscope.kube.api import Api
from rayscope.kube.errors import KindMissing
from rayscope.kube.holding import Holding
from rayscope.kube.kinds import CONFIG_MAP, LEASE, SECRET, Kind
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGED_BY_LABEL, MANAGER
from rayscope.model.service import Key
from rayscope.render.exporter import digest_of

OURS = f"{MANAGED_BY_LABEL}={MANAGER}"


@dataclass(frozen=True)
class Leftover:
    """An object, and the very one: another of its name is not meant."""

    ref: Ref
    uid: str


async def leader(api: Api, lease: Key, now: datetime) -> str | None:
    """The replica that leads; None where the Lease is free, or has lapsed."""
    held = Holding.of(await api.get(LEASE, lease.name, lease.namespace))
    return held.holder if held and held.until > now else None


async def leftovers(api: Api, lease: Key, namespaces: Sequence[str]) -> list[Leftover]:
    """What is beside services (everywhere, or in `namespaces`), and what is in Rayscope's own namespace."""
    places = namespaces or (None,)
    beside = [each for kind in CHILD_KINDS for place in places for each in await _found(api, kind, place, CHILDREN)]
    homes = dict.fromkeys((*namespaces, lease.namespace)) if namespaces else places
    exporters = [each for place in homes for each in await _found(api, CONFIG_MAP, place, EXPORTERS, made_by_us)]
    own = await _found(api, SECRET, lease.namespace, OURS)
    held = await api.get(LEASE, lease.name, lease.namespace)
    spare = await _unmounted(api, exporters)
    return [*beside, *spare, *own, *([_leftover(LEASE, held)] if held else ())]


async def _unmounted(api: Api, exporters: Iterable[Leftover]) -> list[Leftover]:
    digests: dict[str, dict[str, Leftover]] = defaultdict(dict)
    for each in exporters:
        if digest := digest_of(each.ref.name):
            digests[each.ref.namespace][digest] = each
    spare = {place: await unmounted(api, place, found) for place, found in digests.items()}
    return [each for place, found in digests.items() for digest, each in found.items() if digest in spare[place]]


async def remove(api: Api, leftover: Leftover) -> None:
    """Delete it; one that is gone by now, or was made anew, is no error."""
    await api.delete(leftover.ref.kind, leftover.ref.name, leftover.ref.namespace, leftover.uid)


async def _found(
    api: Api, kind: Kind, namespace: str | None, labels: str, meant: Callable[[Manifest], bool] = bool
) -> list[Leftover]:
    try:
        bodies = await api.list(kind, namespace, labels, metadata_only=True)
    except KindMissing:
        return []
    return [_leftover(kind, body) for body in bodies if meant(body)]


def _leftover(kind: Kind, body: Manifest) -> Leftover:
    metadata = body["metadata"]
    return Leftover(Ref(kind, metadata["namespace"], metadata["name"]), metadata["uid"])
