"""The VLLMMonitors: read live at each visit, made where a service has none, let go of where they become somebody's own.

Its spec is never written here. One that a user made stays, whatever becomes of the service or its label.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from rayscope.control import figures
from rayscope.control.missing import MissingKinds
from rayscope.control.ownership import claimed, ours, wanted_monitor
from rayscope.kube.api import Api, Object
from rayscope.kube.errors import Conflict, KindMissing, NotFound
from rayscope.kube.kinds import VLLM_MONITOR
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.monitor import MonitorSpec
from rayscope.model.service import Key, Service
from rayscope.model.status import MonitorStatus
from rayscope.render.children import LONGEST_NAME

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Monitor:
    """A VLLMMonitor, as it was read."""

    uid: str
    generation: int
    spec: MonitorSpec
    status: MonitorStatus | None
    """None: it has none, or none that this version wrote."""

    @classmethod
    def of(cls, manifest: Manifest) -> Monitor:
        metadata = manifest["metadata"]
        return cls(metadata["uid"], metadata["generation"], _spec(manifest), _status(manifest))


class Monitors:
    """The monitors of all services. Where their kind is not installed there are none: everybody has the defaults."""

    def __init__(self, api: Api, missing: MissingKinds) -> None:
        self._api = api
        self._missing = missing
        self._seen: dict[Key, int] = {}
        """A fingerprint of each, by what a visit could come to another result for."""

    def __iter__(self) -> Iterator[Key]:
        return iter(list(self._seen))

    def __contains__(self, key: Key) -> bool:
        return key in self._seen

    def changed(self, key: Key, metadata_of: Manifest) -> bool:
        """Take note of one (its metadata is enough); whether it is new, or not as it was. Its status does not count."""
        now = _fingerprint(metadata_of)
        before, self._seen[key] = self._seen.get(key), now
        return before != now

    def gone(self, key: Key) -> bool:
        """Take note that one is deleted, which is always a reason to look."""
        self._seen.pop(key, None)
        return True

    async def learn(self, namespaces: Sequence[str | None]) -> None:
        """Learn which there are: what is known not to be there need not be read. What was told meanwhile is later."""
        before = dict(self._seen)
        listed = await self._listed(namespaces)
        told = {key for key in {*before, *self._seen} if self._seen.get(key) != before.get(key)}
        known = {key: before.get(key, value) for key, value in listed.items() if key not in told}
        self._seen = known | {key: self._seen[key] for key in told & self._seen.keys()}

    async def of(self, service: Service) -> Monitor | None:
        """The monitor of a labelled service; None where it has none (yet)."""
        found = await self._read(service.key) if service.key in self._seen else None
        if found is None:
            return None
        if ours(found) and claimed(found):
            await self._release(service.key, found)
        return Monitor.of(found)

    async def left(self, key: Key) -> Monitor | None:
        """What remains where nothing is to be monitored: a user's own. The operator's goes."""
        found = await self._read(key) if key in self._seen else None
        if found is None or found["metadata"].get("deletionTimestamp"):
            return None
        if not ours(found):
            return Monitor.of(found)
        if claimed(found):
            await self._release(key, found)
            return Monitor.of(found)
        await self._api.delete(VLLM_MONITOR, key.name, key.namespace, found["metadata"]["uid"])
        self._wrote("delete")
        log.info("VLLMMonitor %s is deleted: nothing needs it.", key)
        return None

    async def make(self, service: Service) -> Monitor | None:
        """The monitor for a service that had none when it was visited; None where there can be none."""
        if VLLM_MONITOR in self._missing or len(service.key.name) > LONGEST_NAME:
            return None
        manifest = wanted_monitor(service, VLLM_MONITOR.api_version, VLLM_MONITOR.kind)
        if await self._read(service.key):
            return None  # the watch has yet to tell of it, and a visit comes of that
        try:
            made = await self._api.apply(manifest)
        except KindMissing:
            self._missing.add(VLLM_MONITOR)
            return None
        self._wrote("apply")
        if not claimed(made):  # else somebody else was faster, and the watch brings us to look at it
            self.changed(service.key, made)
        log.info("VLLMMonitor %s is made.", service.key)
        return Monitor.of(made)

    async def _listed(self, namespaces: Sequence[str | None]) -> dict[Key, int]:
        try:
            lists = [await self._api.list(VLLM_MONITOR, place, metadata_only=True) for place in namespaces]
        except KindMissing:
            self._missing.add(VLLM_MONITOR)
            return {}
        metadata = ((found["metadata"], found) for each in lists for found in each)
        return {Key(place["namespace"], place["name"]): _fingerprint(found) for place, found in metadata}

    async def _read(self, key: Key) -> Object | None:
        if VLLM_MONITOR in self._missing:
            return None
        try:
            return await self._api.get(VLLM_MONITOR, key.name, key.namespace)
        except KindMissing:
            self._missing.add(VLLM_MONITOR)
            return None

    async def _release(self, key: Key, found: Manifest) -> None:
        """Give up what we applied, the owner reference above all, so that it outlives the label and the service."""
        metadata = {"name": key.name, "namespace": key.namespace, "uid": found["metadata"]["uid"]}
        try:
            await self._api.apply(
                {"apiVersion": VLLM_MONITOR.api_version, "kind": VLLM_MONITOR.kind, "metadata": metadata}
            )
        except (Conflict, NotFound):
            return  # it is gone, or another one: the watch tells
        self._wrote("apply")
        log.info("VLLMMonitor %s has an owner of its own now, and stays with the service or without.", key)

    @staticmethod
    def _wrote(verb: str) -> None:
        figures.writes.labels(VLLM_MONITOR.kind, verb).inc()


def _spec(manifest: Manifest) -> MonitorSpec:
    try:
        return MonitorSpec.model_validate(mapping(manifest, "spec"))
    except ValidationError as trouble:
        metadata = manifest["metadata"]
        log.warning(
            "VLLMMonitor %s/%s is not understood, so the defaults hold (its CRD is of another version?): %s",
            metadata["namespace"],
            metadata["name"],
            trouble,
        )
        return MonitorSpec()


def _status(manifest: Manifest) -> MonitorStatus | None:
    given = mapping(manifest, "status")
    try:
        return MonitorStatus.model_validate(given) if given else None
    except ValidationError:
        return None  # what a later version wrote is written anew


def _fingerprint(monitor: Manifest) -> int:
    metadata = monitor["metadata"]
    tables = tuple(frozenset(mapping(metadata, field).items()) for field in ("labels", "annotations"))
    owners = tuple(owner["uid"] for owner in sequence(monitor, "metadata", "ownerReferences"))
    values = (metadata["uid"], metadata.get("generation"), metadata.get("deletionTimestamp"))
    return hash((*values, tables, owners, claimed(monitor)))
