"""What the one leading replica does: watch, queue, visit, compare. Built anew each time that it becomes the leader."""

from __future__ import annotations

from collections.abc import Callable

from rayscope.control import figures, triggers
from rayscope.control.children import Children
from rayscope.control.clusters import Clusters
from rayscope.control.delivery import Delivery
from rayscope.control.events import Events
from rayscope.control.exporters import Exporters
from rayscope.control.following import Following
from rayscope.control.missing import MissingKinds
from rayscope.control.monitors import Monitors
from rayscope.control.options import Options
from rayscope.control.prometheuses import Prometheuses
from rayscope.control.queue import WORKERS, WorkQueue
from rayscope.control.reading import Reading
from rayscope.control.reconcile import Reconciler
from rayscope.control.resync import Resync
from rayscope.control.statuses import Statuses
from rayscope.control.supervision import together
from rayscope.kube.api import Api
from rayscope.model.service import Key
from rayscope.render.settings import Settings


class Leading:
    """The leader's work; a replica that does not lead has it too, at rest."""

    def __init__(self, api: Api, options: Options, exporters: Exporters, taken: Callable[[], None]) -> None:
        """`taken` is called when the process's signals were taken by a library."""
        self._options = options
        self._taken = taken
        self._children = Children()
        self._clusters = Clusters()
        self._delivery = Delivery(
            api, exporters, options.namespace, inhabited=self._inhabited, lacking=self._visit_namespace
        )
        self._missing = MissingKinds(api, next(iter(options.watch_namespaces), None), self._visit_all)
        self._events = Events(api, options.identity, self._leisure)
        self._monitors = Monitors(api, self._missing)
        self._prometheuses = Prometheuses(api, options.watch_namespaces)
        self._reading = Reading(api, options.watch_namespaces, lambda: self.queue.waiting)
        self._statuses = Statuses(api, self._monitors, self._leisure, self._visit)
        reconciler = Reconciler(
            api,
            Settings(exporter=exporters.own, labels=options.monitor_labels),
            children=self._children,
            clusters=self._clusters,
            exporters=exporters,
            delivery=self._delivery,
            missing=self._missing,
            events=self._events,
            monitors=self._monitors,
            prometheuses=self._prometheuses,
            reading=self._reading,
            statuses=self._statuses,
            crowded=lambda: len(self.queue) > WORKERS,
            again=self._visit,
        )
        self.queue: WorkQueue[Key] = WorkQueue(reconciler)
        self._following = Following(
            api,
            options.watch_namespaces,
            children=self._children,
            clusters=self._clusters,
            delivery=self._delivery,
            reading=self._reading,
            statuses=self._statuses,
            queue=self.queue,
            known=self._known,
        )
        self.resync = Resync(
            api,
            options.watch_namespaces,
            self._children,
            self._monitors,
            self._following,
            self.queue,
            self._delivery,
            self._doubt,
        )

    async def work(self) -> None:
        """Until cancelled."""
        figures.leader.set(1)
        sources = triggers.Sources(
            queue=self.queue,
            resync=self.resync,
            missing=self._missing,
            monitors=self._monitors,
            prometheuses=self._prometheuses,
            reading=self._reading,
        )
        try:
            await self.resync.learn()  # before the first visit, which would apply what an earlier leader has applied
            await together(
                {
                    "the queue": self.queue.run(),
                    "the reading ahead": self._reading.run(),
                    "the events": self._events.run(),
                    "the statuses": self._statuses.run(),
                    "the comparison": self.resync.run(),
                    "the exporters": self._delivery.run(),
                    "the look for missing kinds": self._missing.run(),
                    "the watches": self._following.run(),
                    "kopf": triggers.watch(
                        triggers.registry(sources, everywhere=not self._options.watch_namespaces),
                        None,
                        self._options.watch_namespaces,
                        self._taken,
                    ),
                }
            )
        finally:
            figures.leader.set(0)

    async def _leisure(self) -> None:
        await self.queue.idle()

    def _known(self, key: Key) -> bool:
        return self.resync.knows(key)

    def _visit(self, key: Key) -> None:
        self.queue.add(key)

    def _inhabited(self) -> set[str]:
        return self.resync.inhabited()

    def _visit_namespace(self, namespace: str) -> None:
        self.resync.visit(namespace)

    def _visit_all(self) -> None:
        self.resync.visit_all()

    def _doubt(self) -> None:
        """What is not read at each visit is read again."""
        self._prometheuses.forget()
        self._statuses.doubt()
