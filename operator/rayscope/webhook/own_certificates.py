"""Certificates of our own making: kept in a Secret, renewed in time, announced to the API server.

All replicas do the same at any time. Who comes second finds a Conflict, and takes what the first has written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rayscope.kube.api import Api
from rayscope.kube.errors import Conflict
from rayscope.kube.kinds import SECRET
from rayscope.model.manifest import Manifest
from rayscope.model.service import Key
from rayscope.webhook.bundle import announce
from rayscope.webhook.keeper import Keeper
from rayscope.webhook.rotation import Rotation, advance, start
from rayscope.webhook.secret import Unusable, read, rewritten, secret

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class OwnCertificates(Keeper):
    """Certificates of our own making, shared by all replicas through a Secret, and announced in the caBundle."""

    def __init__(
        self,
        api: Api,
        place: Key,
        configuration: str,
        names: Sequence[str],
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """`place`: of the Secret; `configuration`: a MutatingWebhookConfiguration; `names`: of the server."""
        super().__init__()
        self._api = api
        self._place = place
        self._configuration = configuration
        self._names = tuple(names)
        self._clock = clock
        self._held: Rotation | None = None
        """What was agreed last: it is written again where the Secret gets lost."""

    async def look(self) -> None:
        while await self._step():
            pass

    async def _step(self) -> bool:
        """One look; True where the Secret has changed, so that another is due."""
        found = await self._api.get(SECRET, self._place.name, self._place.namespace)
        if found is None:
            return await self._created()
        try:
            rotation = read(found, self._names)
        except Unusable as reason:
            log.warning("Secret %s is written anew: %s.", self._place, reason)
            return await self._replaced(found, self._lost())
        self._held = rotation
        self.present(rotation.current)
        announced = await announce(self._api, self._configuration, rotation.bundle)
        following = advance(rotation, self._names, self._clock(), announced=announced)
        return following != rotation and await self._replaced(found, following)

    def _lost(self) -> Rotation:
        return self._held or start(self._names, self._clock())

    async def _created(self) -> bool:
        try:
            await self._api.create(secret(self._place, self._lost()))
        except Conflict:
            log.info("Another replica made Secret %s first: its certificate is used.", self._place)
        return True

    async def _replaced(self, found: Manifest, rotation: Rotation) -> bool:
        try:
            await self._api.replace(rewritten(found, rotation))
        except Conflict:
            log.info("Another replica changed Secret %s first: its certificate is used.", self._place)
        return True
