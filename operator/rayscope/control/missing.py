"""Kinds that the cluster does not have (yet): a state, told once, and over as soon as the kind is served.

Nothing is written to a kind that is missing. It is looked for every few seconds, and at once when a CRD changes; the
look is a read, because a new CRD is served only some moments after its last event.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from rayscope.control import figures
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, KindMissing
from rayscope.kube.kinds import Kind

PERIOD = 5.0

log = logging.getLogger(__name__)


class MissingKinds:
    """The kinds that were found to be missing, and the watch for their coming."""

    def __init__(self, api: Api, namespace: str | None, arrived: Callable[[], None]) -> None:
        """`namespace`: where we may list, None for everywhere. `arrived`: called when a missing kind has come."""
        self._api = api
        self._namespace = namespace
        self._arrived = arrived
        self._kinds: set[Kind] = set()
        self._look = asyncio.Event()

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds

    def add(self, kind: Kind) -> None:
        if kind not in self._kinds:
            log.warning("%s (%s) is not installed here; what needs it waits for it.", kind.kind, kind.api_version)
            figures.missing.labels(kind.kind).set(1)
            self._kinds.add(kind)
            self._look.set()

    def look(self) -> None:
        """Look now: a CRD has changed."""
        self._look.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PERIOD if self._kinds else None):
                    await self._look.wait()
            self._look.clear()
            for kind in [kind for kind in tuple(self._kinds) if await self._served(kind)]:  # one may be added meanwhile
                log.info("%s (%s) is installed now.", kind.kind, kind.api_version)
                figures.missing.labels(kind.kind).set(0)
                self._kinds.discard(kind)
                self._arrived()

    async def _served(self, kind: Kind) -> bool:
        try:
            await self._api.probe(kind, self._namespace)
        except KindMissing:
            return False
        except ApiError as trouble:
            log.warning("It is unknown whether %s is installed: %s", kind.kind, trouble)
            return False
        return True
