"""A visit: read a service as it is now, and make its children what they should be.

Level-triggered: nothing is taken from the event that led here. It reads `ray.io` and never writes there; it applies
what differs from how we left it, deletes what is ours and not wanted, and tells the owner what there is to know.
Where many wait, a visit that had to make what the service is scraped by leaves all else to its next turn.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence

from rayscope.control import figures
from rayscope.control.children import Children, Ref
from rayscope.control.clusters import Clusters
from rayscope.control.delivery import Delivery
from rayscope.control.events import Events
from rayscope.control.exporters import Exporters
from rayscope.control.facts import Denial, Facts
from rayscope.control.facts import clusters as facts_of
from rayscope.control.missing import MissingKinds
from rayscope.control.monitors import Monitors
from rayscope.control.notices import notices
from rayscope.control.plan import Plan, Surroundings, plan
from rayscope.control.prometheuses import Prometheuses
from rayscope.control.reading import Found, Reading
from rayscope.control.refusals import Refusals, noted
from rayscope.control.statuses import Statuses
from rayscope.control.takeover import applied
from rayscope.control.verdicts import monitored, not_labelled, selected, service_missing
from rayscope.kube.api import Api, Object
from rayscope.kube.errors import ApiError, Conflict, KindMissing, Terminating
from rayscope.kube.kinds import kind_of
from rayscope.model.conditions import Verdict
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import Injection, MonitorSpec
from rayscope.model.rules import Edges, Rules
from rayscope.model.service import Key, Service
from rayscope.render.children import wanted_exporters
from rayscope.render.settings import Settings

UNRULED = {"rules": Rules(enabled=False)}

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
        delivery: Delivery,
        missing: MissingKinds,
        events: Events,
        monitors: Monitors,
        prometheuses: Prometheuses,
        reading: Reading,
        statuses: Statuses,
        crowded: Callable[[], bool],
        again: Callable[[Key], None],
    ) -> None:
        """`crowded`: whether many services wait. `again`: have one visited once more, after all that wait now."""
        self._api = api
        self._settings = settings
        self._children = children
        self._known_clusters = clusters
        self._exporters = exporters
        self._delivery = delivery
        self._missing = missing
        self._events = events
        self._monitors = monitors
        self._prometheuses = prometheuses
        self._reading = reading
        self._statuses = statuses
        self._crowded = crowded
        self._again = again

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
        found = await self._reading.service(key)
        if found is None:
            self._events.forget(key)
            await self._deny(key, service_missing(key))
            return  # its children go with it: they are owned by it
        service = Service.of(found.service)
        if service.deleting:
            if not service.wanted:  # nobody watches it: this may be the last that is heard of it
                await self._deny(key, service_missing(key))
            return
        if service.wanted:
            await self._serve(service, await self._clusters(key, found))
        else:
            await self._withdraw(service)

    async def _serve(self, service: Service, clusters: Sequence[Manifest]) -> None:
        """Everything for a labelled service."""
        monitor = await self._monitors.of(service)
        spec = monitor.spec if monitor else MonitorSpec()
        wanted = wanted_exporters(service, clusters, spec, self._settings)
        in_vain = await self._fetched(service, wanted)
        refusals = await self._delivery.put(service.key.namespace, wanted)
        if self._crowded() and await self._hastened(service, clusters, spec):
            self._again(service.key)
            return
        planned = await self._plan(service, clusters, spec, self._statuses.edges(service.key, monitor))
        refusals |= await self._applied(planned.manifests)
        if not refusals:
            await self._prune(service, {Ref.of(manifest) for manifest in planned.manifests})
        found = facts_of(service, clusters)
        self._events.tell(service, notices(service, spec.injection, found, in_vain))
        placed, evaluated = (list(map(Ref.of, manifests)) for manifests in (planned.monitors, planned.rules))
        monitored_ = monitored(service.key, placed, evaluated, refusals, self._missing)
        facts = Facts(
            key=service.key,
            monitor=monitor,
            wanted=spec.injection,
            slos=spec.rules.slo,
            clusters=found,
            in_vain=tuple(in_vain),
            monitored=monitored_,
            selected=selected(monitored_, planned.selection, service.key, planned.rules_left),
        )
        self._statuses.tell(facts, None if monitor else service)
        for refusal in refusals.values():
            raise refusal

    async def _hastened(self, service: Service, clusters: Sequence[Manifest], spec: MonitorSpec) -> bool:
        """Make what it is scraped by; whether anything was missing."""
        planned = await self._plan(service, clusters, spec.model_copy(update=UNRULED), {})
        due = [manifest for manifest in planned.manifests if not self._settled(manifest)]
        refusals = await self._applied(due)
        return len(refusals) < len(due)  # what is refused would be so again

    async def _withdraw(self, service: Service) -> None:
        """What remains of a service that is not labelled (any more)."""
        await self._prune(service, set())
        self._events.tell(service, notices(service, Injection(), (), ()))
        await self._deny(service.key, not_labelled(service))

    async def _deny(self, key: Key, why: Verdict) -> None:
        monitor = await self._monitors.left(key)
        if monitor:
            self._statuses.tell(Denial(key, monitor, why))
        else:
            self._statuses.forget(key)

    async def _clusters(self, key: Key, found: Found) -> Sequence[Manifest]:
        clusters = await self._reading.clusters(key, found)
        for cluster in clusters:
            self._known_clusters.changed(cluster)
        return clusters

    async def _plan(self, service: Service, clusters: Sequence[Manifest], spec: MonitorSpec, edges: Edges) -> Plan:
        """What there is to be, with the labels by which a Prometheus takes it."""
        visible = await self._prometheuses.visible()
        namespace = await self._prometheuses.namespace_labels(service.key.namespace) if visible else {}
        around = Surroundings(visible, namespace)
        return plan(service, clusters, spec, self._settings, edges, around)

    async def _fetched(self, service: Service, wanted: Iterable[str]) -> list[str]:
        """Have the exporters at hand that are wanted; those that are neither to be had nor beside the service."""
        missing = self._missing_of(service, wanted)
        if missing:
            await self._exporters.fetch(missing)
        return self._missing_of(service, missing)

    def _missing_of(self, service: Service, wanted: Iterable[str]) -> list[str]:
        at_hand, namespace = self._exporters.at_hand, service.key.namespace
        return sorted(each for each in wanted if each not in at_hand and not self._delivery.has(namespace, each))

    async def _applied(self, manifests: Sequence[Manifest]) -> Refusals:
        """Apply all of them; what is refused."""
        refusals: Refusals = {}
        for manifest in manifests:
            with noted(refusals, Ref.of(manifest)):
                await self._apply(manifest)
        return refusals

    async def _apply(self, manifest: Manifest) -> None:
        if self._settled(manifest):
            return
        ref = Ref.of(manifest)
        try:
            answer = await self._written(ref, manifest)
        except KindMissing:
            self._missing.add(ref.kind)
            return
        self._children.applied(manifest, answer)
        log.info("%s is applied.", ref)

    def _settled(self, manifest: Manifest) -> bool:
        """Whether there is nothing to be done for it, or nothing can be."""
        return kind_of(manifest) in self._missing or self._children.current(manifest)

    async def _written(self, ref: Ref, manifest: Manifest) -> Object:
        """To create costs the API server half as much as to apply, and the next apply more: for when time presses."""
        if not self._children.exists(ref) and self._crowded():
            try:
                figures.writes.labels(ref.kind.kind, "create").inc()
                return await self._api.create(manifest)
            except Conflict:
                pass  # there is one that we do not know as ours
        figures.writes.labels(ref.kind.kind, "apply").inc()
        return await applied(self._api, manifest)

    async def _prune(self, service: Service, wanted: set[Ref]) -> None:
        for ref, uid in self._children.surplus(service, wanted):
            await self._api.delete(ref.kind, ref.name, ref.namespace, uid)
            self._children.lost(ref)
            figures.writes.labels(ref.kind.kind, "delete").inc()
            log.info("%s is deleted: nothing needs it.", ref)
