"""The exporters where services are: made with the first service of a namespace, taken away after the last pod.

One ConfigMap a namespace and version, shared by the services there, and so owned by none of them. It is never changed:
its name says what is in it. A pod that starts without it idles, so in doubt it stays; and what somebody else has made
(`rayscope render`, into git) is never taken away.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from rayscope.control import figures
from rayscope.control.children import Ref
from rayscope.control.exporters import Exporters
from rayscope.control.refusals import Refusals, noted
from rayscope.control.takeover import applied
from rayscope.inject import noted_payload
from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.errors import ApiError, Conflict, KindMissing
from rayscope.kube.kinds import CONFIG_MAP, POD, RAY_CLUSTER
from rayscope.model.manifest import Manifest, sequence
from rayscope.model.names import COMPONENT_LABEL, MANAGED_BY_LABEL, MANAGER, SERVICE_LABEL, exporter_config_map
from rayscope.render.exporter import COMPONENT, digest_of, exporter, mounted_exporters

EXPORTERS = f"{MANAGED_BY_LABEL}={MANAGER},{COMPONENT_LABEL}={COMPONENT}"
"""Label selector of what we made for namespaces."""
PAUSE = 10.0
"""Seconds from a reason to look for what nothing mounts any more to the look: pods go by the dozen."""
REMEMBERED = 1000
"""Deleted ones that a list, or an answer, which was under way at that time may still show."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivered:
    """An exporter's ConfigMap that is there."""

    uid: str
    ours: bool
    """Whether nobody else has ever written it."""


class Delivery:
    """The exporters beside the services of all namespaces."""

    def __init__(
        self,
        api: Api,
        exporters: Exporters,
        namespace: str,
        *,
        inhabited: Callable[[], Collection[str]],
        lacking: Callable[[str], None],
    ) -> None:
        """`namespace`: Rayscope's own, where nothing is taken away.

        `inhabited`: the namespaces with labelled services. `lacking`: called where one is gone that was there.
        """
        self._api = api
        self._exporters = exporters
        self._own_namespace = namespace
        self._inhabited = inhabited
        self._lacking = lacking
        self._there: dict[str, dict[str, Delivered]] = defaultdict(dict)
        """By namespace and digest."""
        self._gone: deque[str] = deque(maxlen=REMEMBERED)
        """By uid, which never comes again."""
        self._making: WeakValueDictionary[Ref, asyncio.Lock] = WeakValueDictionary()
        self._asked: set[Ref] = set()
        """What visits have asked for since it was last looked whether it is needed."""
        self._doubtful: set[str] = set()
        """Namespaces in which something may have become superfluous."""
        self._doubt = asyncio.Event()

    def has(self, namespace: str, digest: str) -> bool:
        """Whether it is there, as far as we know."""
        return namespace in self._there and digest in self._there[namespace]

    async def put(self, namespace: str, digests: Iterable[str]) -> Refusals:
        """See to it that they are there, as far as they are at hand; what is refused."""
        refusals: Refusals = {}
        for digest in sorted(digests):
            ref = _ref(namespace, digest)
            self._asked.add(ref)
            with noted(refusals, ref):
                async with self._making.setdefault(ref, asyncio.Lock()):  # the first of many makes it for all
                    await self._put(ref, digest)
        return refusals

    def listed(self, place: str | None, found: Iterable[Object]) -> None:
        """Take note of all that there are (in a namespace)."""
        before = {namespace: set(there) for namespace, there in self._there.items() if place in {None, namespace}}
        for namespace in before:
            del self._there[namespace]
        for body in found:
            self._note(body)
        for namespace, digests in before.items():
            if not all(self.has(namespace, digest) for digest in digests):
                self._lacking(namespace)

    def told(self, body: Object, deleted: bool) -> None:  # noqa: FBT001 - as a watch tells
        """Take note of one that is new, or is gone (or is no longer recognisable as ours)."""
        namespace, digest = body["metadata"]["namespace"], digest_of(body["metadata"]["name"])
        if not deleted:
            self._note(body)
        elif digest and self._forget(namespace, digest, body["metadata"]["uid"]):
            self._lacking(namespace)

    def doubt(self, namespace: str | None = None) -> None:
        """Something is gone that may have mounted one there; None: anywhere."""
        self._doubtful.update(self._there if namespace is None else [namespace])
        self._doubt.set()

    async def run(self) -> None:
        """Take away what nothing mounts, until cancelled."""
        while True:
            await self._doubt.wait()
            await asyncio.sleep(PAUSE)
            self._doubt.clear()
            namespaces, self._doubtful = self._doubtful, set()
            inhabited = self._inhabited()
            for namespace in namespaces:
                await self._tidied(namespace, inhabited=namespace in inhabited)

    async def _tidied(self, namespace: str, *, inhabited: bool) -> None:
        try:
            await self._tidy(namespace, inhabited=inhabited)
        except ApiError as trouble:  # the next comparison is a reason to look again
            log.warning("Exporters in namespace %s that nothing mounts are left for now: %s", namespace, trouble)

    async def _put(self, ref: Ref, digest: str) -> None:
        zipapp = self._exporters.at_hand.get(digest)
        if zipapp is None or self.has(ref.namespace, digest):
            return
        self._note(await self._made(ref, exporter(ref.namespace, digest, zipapp)))
        log.info("%s is applied.", ref)

    async def _made(self, ref: Ref, manifest: Manifest) -> Object:
        try:
            figures.writes.labels(ref.kind.kind, "create").inc()
            return await self._api.create(manifest)
        except Conflict:  # there is one that we do not know as ours
            figures.writes.labels(ref.kind.kind, "apply").inc()
            return await applied(self._api, manifest)

    async def _tidy(self, namespace: str, *, inhabited: bool) -> None:
        spare = self._spare(namespace, inhabited=inhabited)
        self._asked -= {_ref(namespace, digest) for digest in spare}
        for digest in sorted(await unmounted(self._api, namespace, spare)):
            await self._take_away(namespace, digest, spare[digest])

    def _spare(self, namespace: str, *, inhabited: bool) -> dict[str, str]:
        """Those that no new cluster would mount, with their uid."""
        if namespace == self._own_namespace or namespace not in self._there:
            return {}
        needed = self._exporters.own if inhabited else None
        return {digest: it.uid for digest, it in self._there[namespace].items() if it.ours and digest != needed}

    async def _take_away(self, namespace: str, digest: str, uid: str) -> None:
        ref = _ref(namespace, digest)
        await self._api.delete(ref.kind, ref.name, namespace, uid)
        figures.writes.labels(ref.kind.kind, "delete").inc()
        log.info("%s is deleted: nothing needs it.", ref)
        if self._forget(namespace, digest, uid) and ref in self._asked:
            self._lacking(namespace)  # a visit has found it there since we looked

    def _note(self, body: Object) -> None:
        metadata, digest = body["metadata"], digest_of(body["metadata"]["name"])
        if digest and metadata["uid"] not in self._gone:
            self._there[metadata["namespace"]][digest] = Delivered(metadata["uid"], made_by_us(body))

    def _forget(self, namespace: str, digest: str, uid: str) -> bool:
        """Whether it was known: that very one."""
        self._gone.append(uid)
        known = self.has(namespace, digest) and self._there[namespace][digest].uid == uid
        if known:
            del self._there[namespace][digest]
        return known


def made_by_us(config_map: Manifest) -> bool:
    """Whether nobody but Rayscope has ever written it, by its metadata."""
    return all(entry.get("manager") == MANAGER for entry in sequence(config_map, "metadata", "managedFields"))


async def unmounted(api: Api, namespace: str, digests: Iterable[str]) -> set[str]:
    """Those of the exporters that no RayCluster and no pod of the namespace mounts.

    Asked is what costs least first: what was injected is recorded in a cluster's metadata.
    """
    left = set(digests)
    if left:
        payloads = map(noted_payload, await _clusters(api, namespace, metadata_only=True))
        left -= {payload.exporter for payload in payloads if payload}
    if left:
        left -= mounted_exporters(await _clusters(api, namespace))
    if left:
        left -= mounted_exporters((), await api.list(POD, namespace, SERVICE_LABEL))
    return left


async def _clusters(api: Api, namespace: str, *, metadata_only: bool = False) -> Objects:
    try:
        return await api.list(RAY_CLUSTER, namespace, metadata_only=metadata_only)
    except KindMissing:
        return []


def _ref(namespace: str, digest: str) -> Ref:
    return Ref(CONFIG_MAP, namespace, exporter_config_map(digest))
