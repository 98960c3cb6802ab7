"""A visit: read a service as it is now, and make its children what they should be.

Level-triggered: nothing is taken from the event that led here. It reads `ray.io` and never writes there; it applies
what differs from how we left it, deletes what is ours and not wanted, and tells the owner what there is to know.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from rayscope.control import figures
from rayscope.control.children import Children, Ref
from rayscope.control.clusters import Clusters
from rayscope.control.events import Events
from rayscope.control.exporters import Exporters
from rayscope.control.missing import MissingKinds
from rayscope.control.notices import notices
from rayscope.kube.api import Api, Object
from rayscope.kube.errors import ApiError, Conflict, KindMissing, Terminating
from rayscope.kube.kinds import CONFIG_MAP, POD, RAY_CLUSTER, RAY_SERVICE
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import RAY_ORIGIN_KIND, RAY_ORIGIN_KIND_LABEL, RAY_ORIGIN_NAME_LABEL, SERVICE_LABEL
from rayscope.model.names import exporter_config_map as config_map
from rayscope.model.service import Key, Service
from rayscope.render.children import kept, missing_exporters, render
from rayscope.render.settings import Settings

log = logging.getLogger(__name__)


class Reconciler:
    """Visits services; may visit many at once, but each only once at a time."""

    def __init__(  # noqa: PLR0913 - the parts that a visit is made of
        self,
        api: Api,
        settings: Settings,
        *,
        children: Children,
        clusters: Clusters,
        exporters: Exporters,
        missing: MissingKinds,
        events: Events,
    ) -> None:
        self._api = api
        self._settings = settings
        self._children = children
        self._known_clusters = clusters
        self._exporters = exporters
        self._missing = missing
        self._events = events

    async def __call__(self, key: Key) -> None:
        """Visit a service; whatever is raised was told, and is a reason to come back."""
        began, result = time.monotonic(), "failed"
        try:
            await self._visit(key)
            result = "done"
        except Terminating:
            result = "terminating"  # the service goes with its namespace; there is nothing to come back for
        except ApiError as failure:
            log.warning("%s: not finished, to be tried again: %s", key, failure)
            raise
        except Exception:
            log.exception("%s: not finished, by a fault of ours; to be tried again.", key)
            raise
        finally:
            figures.visits.labels(result).inc()
            figures.durations.observe(time.monotonic() - began)

    async def _visit(self, key: Key) -> None:
        found = await self._service(key)
        if found is None:
            self._events.forget(key)
            return  # its children go with it: they are owned by it
        service = Service.of(found)
        if service.deleting:
            return
        if service.wanted or self._children.has(key):
            clusters = await self._clusters(key)
            await self._converge(service, clusters)
        else:
            clusters = []
        self._events.tell(service, notices(service, clusters, self._in_vain(service, clusters)))

    async def _service(self, key: Key) -> Manifest | None:
        try:
            return await self._api.get(RAY_SERVICE, key.name, key.namespace)
        except KindMissing:
            return None

    async def _clusters(self, key: Key) -> Sequence[Manifest]:
        origin = f"{RAY_ORIGIN_KIND_LABEL}={RAY_ORIGIN_KIND},{RAY_ORIGIN_NAME_LABEL}={key.name}"
        found = await self._api.list(RAY_CLUSTER, key.namespace, origin)
        for cluster in found:
            self._known_clusters.changed(cluster)
        return found

    async def _converge(self, service: Service, clusters: Sequence[Manifest]) -> None:
        manifests: list[Manifest] = []
        if service.wanted:
            await self._exporters.fetch(self._in_vain(service, clusters))
            manifests = list(render(service, clusters, MonitorSpec(), self._settings, self._exporters.at_hand))
        for manifest in manifests:
            await self._apply(manifest)
        await self._prune(service, clusters, {Ref.of(manifest) for manifest in manifests})

    def _in_vain(self, service: Service, clusters: Sequence[Manifest]) -> list[str]:
        """Exporters that clusters mount, and that are neither at hand nor beside the service."""
        if not service.wanted:
            return []
        digests = missing_exporters(service, clusters, MonitorSpec(), self._settings, self._exporters.at_hand)
        name, namespace = service.key.name, service.key.namespace
        return sorted(
            digest
            for digest in digests
            if not self._children.exists(Ref(CONFIG_MAP, namespace, config_map(name, digest)))
        )

    async def _apply(self, manifest: Manifest) -> None:
        ref = Ref.of(manifest)
        if ref.kind in self._missing or self._children.current(manifest):
            return
        try:
            answer = await self._written(ref, manifest)
        except KindMissing:
            self._missing.add(ref.kind)
            return
        self._children.applied(manifest, answer)
        log.info("%s is applied.", ref)

    async def _written(self, ref: Ref, manifest: Manifest) -> Object:
        """An exporter is made once and never changed: to create it costs the API server half as much as to apply it."""
        if manifest.get("immutable") and not self._children.exists(ref):
            try:
                figures.writes.labels(ref.kind.kind, "create").inc()
                return await self._api.create(manifest)
            except Conflict:
                pass  # there is one that we do not know as ours
        figures.writes.labels(ref.kind.kind, "apply").inc()
        return await self._api.apply(manifest)

    async def _prune(self, service: Service, clusters: Sequence[Manifest], wanted: set[Ref]) -> None:
        surplus = self._children.surplus(service, wanted)
        if not surplus:
            return
        mounted = kept(service, clusters, await self._pods(service))
        for ref, uid in surplus:
            if ref.kind == CONFIG_MAP and ref.name in mounted:
                continue
            await self._api.delete(ref.kind, ref.name, ref.namespace, uid)
            self._children.lost(ref)
            figures.writes.labels(ref.kind.kind, "delete").inc()
            log.info("%s is deleted: nothing needs it.", ref)

    async def _pods(self, service: Service) -> Sequence[Manifest]:
        """Injected pods, which may mount what their cluster no longer names."""
        return await self._api.list(POD, service.key.namespace, f"{SERVICE_LABEL}={service.key.name}")
