"""The exporters where services are: there before the first pod mounts one, taken away after the last.

One ConfigMap a namespace and version, shared by the services there, and so owned by none of them. It is never changed:
its name says what is in it. A pod that starts without it idles, so in doubt it stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable

from rayscope.control import figures
from rayscope.control.children import Ref
from rayscope.control.exporters import Exporters
from rayscope.control.refusals import Refusals, noted
from rayscope.control.takeover import applied
from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.errors import ApiError, Conflict, KindMissing
from rayscope.kube.kinds import CONFIG_MAP, POD, RAY_CLUSTER
from rayscope.model.manifest import Manifest
from rayscope.model.names import COMPONENT_LABEL, MANAGED_BY_LABEL, MANAGER, SERVICE_LABEL, exporter_config_map
from rayscope.render.exporter import COMPONENT, digest_of, exporter, mounted_exporters

EXPORTERS = f"{MANAGED_BY_LABEL}={MANAGER},{COMPONENT_LABEL}={COMPONENT}"
"""Label selector of what we made for namespaces."""
PAUSE = 10.0
"""Seconds from a reason to look for what nothing mounts any more to the look: pods go by the dozen."""

log = logging.getLogger(__name__)


class Delivery:
    """The exporters beside the services of all namespaces."""

    def __init__(
        self,
        api: Api,
        exporters: Exporters,
        namespace: str,
        *,
        inhabited: Callable[[str], bool],
        lacking: Callable[[str], None],
    ) -> None:
        """`namespace`: Rayscope's own, where nothing is taken away.

        `inhabited`: whether a namespace has a labelled service. `lacking`: called where one is gone that we had seen.
        """
        self._api = api
        self._exporters = exporters
        self._own_namespace = namespace
        self._inhabited = inhabited
        self._lacking = lacking
        self._there: dict[str, dict[str, str]] = defaultdict(dict)
        """By namespace: uid by digest."""
        self._making: dict[Ref, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._doubtful: set[str] = set()
        """Namespaces in which something may have become superfluous."""
        self._doubt = asyncio.Event()

    def has(self, namespace: str, digest: str) -> bool:
        """Whether it is there, as far as we know."""
        return digest in self._there[namespace]

    async def put(self, namespace: str, digests: Iterable[str]) -> Refusals:
        """See to it that they are there, as far as they are at hand; what is refused."""
        refusals: Refusals = {}
        for digest in sorted(digests):
            ref = _ref(namespace, digest)
            with noted(refusals, ref):
                async with self._making[ref]:  # the first of many services makes it for all
                    await self._put(ref, digest)
        return refusals

    def listed(self, place: str | None, found: Iterable[Object]) -> None:
        """Take note of all that there are (in a namespace)."""
        before = {namespace: dict(there) for namespace, there in self._there.items() if place in {None, namespace}}
        for namespace in before:
            self._there[namespace].clear()
        for body in found:
            self._note(body)
        for namespace, there in before.items():
            if there.keys() - self._there[namespace].keys():
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
            while self._doubtful:
                await self._tidied(self._doubtful.pop())

    async def _tidied(self, namespace: str) -> None:
        try:
            await self._tidy(namespace)
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

    async def _tidy(self, namespace: str) -> None:
        spare = self._spare(namespace)
        for digest in sorted(await unmounted(self._api, namespace, spare)):
            await self._take_away(namespace, digest, spare[digest])

    def _spare(self, namespace: str) -> dict[str, str]:
        """Those that no new cluster would mount."""
        if namespace == self._own_namespace:
            return {}
        needed = self._exporters.own if self._inhabited(namespace) else None
        return {digest: uid for digest, uid in self._there[namespace].items() if digest != needed}

    async def _take_away(self, namespace: str, digest: str, uid: str) -> None:
        ref = _ref(namespace, digest)
        await self._api.delete(ref.kind, ref.name, namespace, uid)
        figures.writes.labels(ref.kind.kind, "delete").inc()
        log.info("%s is deleted: nothing needs it.", ref)
        if self._forget(namespace, digest, uid) and self._inhabited(namespace):
            self._lacking(namespace)  # a service, or a cluster, may be new since we looked, and has seen it there

    def _note(self, body: Object) -> None:
        metadata = body["metadata"]
        if digest := digest_of(metadata["name"]):
            self._there[metadata["namespace"]][digest] = metadata["uid"]

    def _forget(self, namespace: str, digest: str, uid: str) -> bool:
        """Whether it was known: that very one."""
        known = self._there[namespace].get(digest) == uid
        if known:
            del self._there[namespace][digest]
        return known


async def unmounted(api: Api, namespace: str, digests: Iterable[str]) -> set[str]:
    """Those of the exporters that no RayCluster and no pod of the namespace mounts; pods are many, and asked last."""
    left = set(digests)
    if left:
        left -= mounted_exporters(await _clusters(api, namespace))
    if left:
        left -= mounted_exporters((), await api.list(POD, namespace, SERVICE_LABEL))
    return left


async def _clusters(api: Api, namespace: str) -> Objects:
    try:
        return await api.list(RAY_CLUSTER, namespace)
    except KindMissing:
        return []


def _ref(namespace: str, digest: str) -> Ref:
    return Ref(CONFIG_MAP, namespace, exporter_config_map(digest))
