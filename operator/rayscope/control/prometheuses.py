"""The Prometheuses that can be seen, and the labels of namespaces: read once, and again when one of them changes.

They are few, and the same for all services: a read at each visit would be a thousand times the same list.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rayscope.kube.api import Api
from rayscope.kube.errors import Forbidden, KindMissing
from rayscope.kube.kinds import NAMESPACE, PROMETHEUS, PROMETHEUS_AGENT, Kind
from rayscope.model.manifest import Manifest, labels, mapping

PROMETHEUS_KINDS = (PROMETHEUS, PROMETHEUS_AGENT)
FIELDS = tuple(
    f"{kind}{field}" for kind in ("podMonitor", "serviceMonitor", "rule") for field in ("Selector", "NamespaceSelector")
)
"""All that is looked at of one; the rest is a page of settings."""

log = logging.getLogger(__name__)


class Told(NamedTuple):
    """What a watch tells of one. Another status makes no other generation of it."""

    kind: str
    uid: str
    generation: int
    deleted: bool

    def is_news_to(self, found: Sequence[Manifest]) -> bool:
        """Whether it is not what was found."""
        if self.deleted:
            return any(each["metadata"]["uid"] == self.uid for each in found)
        known = ((each["kind"], each["metadata"]["uid"], each["metadata"]["generation"]) for each in found)
        return (self.kind, self.uid, self.generation) not in known


class Prometheuses:
    """What can be seen of them; where they may not be read, none."""

    def __init__(self, api: Api, namespaces: Sequence[str]) -> None:
        """`namespaces`: where to look; none means everywhere."""
        self._api = api
        self._places: Sequence[str | None] = namespaces or (None,)
        self._found: list[Manifest] | None = None
        self._decided = False
        self._told: list[Told] = []
        self._labels: dict[str, Mapping[str, str]] = {}
        self._reading = asyncio.Lock()

    async def visible(self) -> Sequence[Manifest]:
        """Every Prometheus and PrometheusAgent, with its `kind`."""
        async with self._reading:
            while self._found is None:
                self._told.clear()
                found = [each for kind in PROMETHEUS_KINDS for each in await self._list(kind)]
                # Else one has come, or gone, behind the reader's back.
                if not any(told.is_news_to(found) for told in self._told):
                    self._found, self._decided = found, True
            return self._found

    async def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Labels of a namespace: what the namespace selectors look at."""
        async with self._reading:
            if name not in self._labels:
                self._labels[name] = await self._read(name)
            return self._labels[name]

    def changed(self, kind: Kind, body: Manifest, *, deleted: bool) -> bool:
        """Take note of one. Whether something may have been decided without it: then all of them are read again."""
        told = Told(kind.kind, body["metadata"]["uid"], body["metadata"]["generation"], deleted)
        if self._found is None:
            if self._reading.locked():
                self._told.append(told)
            return self._decided
        news = told.is_news_to(self._found)
        if news:
            self._found = None
        return news

    def forget(self) -> None:
        """Have everything read again."""
        self._found = None
        self._labels.clear()

    async def _list(self, kind: Kind) -> list[Manifest]:
        try:
            lists = [await self._api.list(kind, place) for place in self._places]
        except KindMissing:
            return []
        except Forbidden as trouble:
            log.warning("Whether a %s takes the monitors stays unknown: %s", kind.kind, trouble.message)
            return []
        return [_seen(kind, each) for found in lists for each in found]

    async def _read(self, name: str) -> Mapping[str, str]:
        try:
            return labels(await self._api.get(NAMESPACE, name) or {})
        except Forbidden as trouble:
            log.warning("By which labels namespace %s is selected stays unknown: %s", name, trouble.message)
            return {}


def _seen(kind: Kind, manifest: Manifest) -> Manifest:
    metadata, spec = manifest["metadata"], mapping(manifest, "spec")
    return {
        "kind": kind.kind,
        "metadata": {field: metadata[field] for field in ("namespace", "name", "uid", "generation")},
        "spec": {field: spec[field] for field in FIELDS if field in spec},
    }
