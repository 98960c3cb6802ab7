"""What is kept of a service between two looks at its status: what a visit told last, and what its pods answered."""

from __future__ import annotations

from dataclasses import replace

from rayscope.control.facts import Denial, Facts
from rayscope.control.monitors import Monitor
from rayscope.control.rounds import Rounds
from rayscope.model.rules import Edges
from rayscope.model.service import Service
from rayscope.model.status import MonitorStatus, Source


class Record:
    """One service's."""

    def __init__(self, told: Facts | Denial, service: Service | None) -> None:
        self.told = told
        self.service = service
        """Of a service without a VLLMMonitor: one is to be made."""
        self.written = told.monitor.status if told.monitor else None
        """The status as it is in the cluster, as far as we know."""
        self.rounds = Rounds(_sources(self.written), _edges(self.written))
        self.doubted = False
        """Whether somebody may have changed the status since."""
        self.stale = True
        """Whether its pods may have changed since they were read."""

    @property
    def monitor(self) -> Monitor | None:
        return self.told.monitor

    @property
    def clusters(self) -> frozenset[str]:
        return frozenset(each.name for each in self.told.clusters) if isinstance(self.told, Facts) else frozenset()

    def take(self, told: Facts | Denial, service: Service | None) -> None:
        """Take what a later visit tells. What we wrote ourselves is known better than what it read before that."""
        if told.monitor is None:
            self.written = None
        elif self.doubted or self.monitor is None or told.monitor.uid != self.monitor.uid:
            self.written, self.doubted = told.monitor.status, False
        before, self.told, self.service = self.clusters, told, service
        self.stale |= self.clusters != before

    def made(self, monitor: Monitor) -> None:
        """The VLLMMonitor is made."""
        self.service = None
        if isinstance(self.told, Facts):
            self.told = replace(self.told, monitor=monitor)

    def doubt(self) -> None:
        """Take nothing for known."""
        self.stale = self.doubted = True
        self.rounds.again()


def _edges(status: MonitorStatus | None) -> dict[str, Edges]:
    """What an earlier leader knew: so that a new one does not take objectives away until pods have answered it."""
    if status is None or status.edges is None:
        return {}
    return {cluster.name: status.edges.edges for cluster in status.clusters}


def _sources(status: MonitorStatus | None) -> dict[str, frozenset[Source]]:
    """Where an earlier leader has seen the metrics; it did not write of which cluster."""
    if status is None or status.source is Source.NONE_YET:
        return {}
    both = frozenset({Source.MULTIPROCESS, Source.RAY})
    seen = both if status.source is Source.BOTH else frozenset({status.source})
    return {cluster.name: seen for cluster in status.clusters}
