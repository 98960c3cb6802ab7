"""What is known of every service's children: how we left them, and how the watch saw them last.

It exists so that a service at rest costs no write at all, not even one that changes nothing. It decides nothing about
what a child should be, and it may be wrong for a while: a visit too many is the worst that comes of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from rayscope.kube.kinds import POD_MONITOR, PROMETHEUS_RULE, SERVICE, SERVICE_MONITOR, Kind, kind_of
from rayscope.model.manifest import Manifest, labels, sequence
from rayscope.model.names import MANAGED_BY_LABEL, MANAGER, RAY_ORIGIN_KIND, SERVICE_LABEL
from rayscope.model.service import Key, Service

CHILD_KINDS = (SERVICE, POD_MONITOR, SERVICE_MONITOR, PROMETHEUS_RULE)
CHILDREN = f"{MANAGED_BY_LABEL}={MANAGER},{SERVICE_LABEL}"
"""Label selector of what we made for services."""


@dataclass(frozen=True)
class Ref:
    """An object's place in the cluster."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.kind} {self.namespace}/{self.name}"

    @classmethod
    def of(cls, manifest: Manifest) -> Ref:
        return cls(kind_of(manifest), manifest["metadata"]["namespace"], manifest["metadata"]["name"])


@dataclass
class Child:
    """A child that exists, as far as we know."""

    service: Key
    owner: str | None
    """uid of the RayService that owns it."""
    uid: str
    seen: str
    """resourceVersion that the watch, or our own apply, told last."""
    applied: str | None = None
    """resourceVersion as of our last apply; None: this process has not applied it."""
    digest: bytes | None = None
    """Of the manifest that was applied."""

    @property
    def untouched(self) -> bool:
        """Whether it is as we left it."""
        return self.seen == self.applied


class Children:
    """The children of all services."""

    def __init__(self) -> None:
        self._known: dict[Ref, Child] = {}
        self._places: dict[Key, set[Ref]] = {}

    def services(self) -> Iterator[Key]:
        """Services that have children, labelled or not."""
        yield from list(self._places)

    def has(self, service: Key) -> bool:
        return service in self._places

    def exists(self, ref: Ref) -> bool:
        return ref in self._known

    def current(self, manifest: Manifest) -> bool:
        """Whether the cluster has exactly this, so that there is nothing to apply."""
        child = self._known.get(Ref.of(manifest))
        if child is None:
            return False
        return child.untouched and child.digest == _digest(manifest)

    def applied(self, manifest: Manifest, answer: Manifest) -> None:
        """Remember that `manifest` was applied, and what the API server made of it."""
        ref, child = Ref.of(manifest), _child(answer)
        if child:
            child.applied = child.seen
            child.digest = _digest(manifest)
            self._put(ref, child)

    def saw(self, ref: Ref, body: Manifest) -> Key | None:
        """Take note of a child (its metadata is enough); the service to visit, unless it is as we left it."""
        before, now = self._known.get(ref), _child(body)
        if before and now:
            news = now.seen != before.seen
            before.owner, before.uid, before.seen = now.owner, now.uid, now.seen
            return before.service if news and not before.untouched else None
        if now:
            self._put(ref, now)
        return now.service if now else None

    def lost(self, ref: Ref) -> Key | None:
        """Take note that a child is gone, or is no longer recognisable as ours; the service to visit, if any."""
        child = self._known.pop(ref, None)
        if not child:
            return None
        places = self._places[child.service]
        places.discard(ref)
        if not places:
            del self._places[child.service]
        return child.service

    def listed(self, kind: Kind, bodies: Iterable[Manifest], place: str | None = None) -> set[Key]:
        """Take note of all children of a kind (in a namespace), and forget the others; the services to visit."""
        found = {Ref(kind, body["metadata"]["namespace"], body["metadata"]["name"]): body for body in bodies}
        gone = [ref for ref in self._known if ref.kind == kind and place in {None, ref.namespace} and ref not in found]
        keys = {self.lost(ref) for ref in gone} | {self.saw(ref, body) for ref, body in found.items()}
        return {key for key in keys if key}

    def surplus(self, service: Service, wanted: set[Ref]) -> list[tuple[Ref, str]]:
        """Children (with their uid) that the service owns and that should not be."""
        places = self._places.get(service.key, set())
        return [
            (ref, self._known[ref].uid)
            for ref in sorted(places - wanted, key=str)
            if self._known[ref].owner == service.uid
        ]

    def _put(self, ref: Ref, child: Child) -> None:
        self._known[ref] = child
        self._places.setdefault(child.service, set()).add(ref)


def _child(body: Manifest) -> Child | None:
    metadata = body["metadata"]
    service = labels(body).get(SERVICE_LABEL)
    if not service:
        return None
    key = Key(metadata["namespace"], service)
    return Child(key, _owner(body), metadata["uid"], metadata["resourceVersion"])


def _owner(body: Manifest) -> str | None:
    owners = sequence(body, "metadata", "ownerReferences")
    return next((owner["uid"] for owner in owners if owner.get("kind") == RAY_ORIGIN_KIND), None)


def _digest(manifest: Manifest) -> bytes:
    return hashlib.blake2b(orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
