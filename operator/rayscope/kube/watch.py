"""A kind's objects, followed for ever: a list, then every change of them. By metadata alone, and nothing is kept.

For what machines write by the thousand. kopf has a task and a dozen dictionaries for each object of which it hears,
which is most of what a new service costs us; here it is one call.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from rayscope.kube.api import Api, Object, Objects
from rayscope.kube.errors import ApiError, Forbidden, KindMissing
from rayscope.kube.kinds import Kind

BOOKMARK, DELETED = "BOOKMARK", "DELETED"
PAUSE = 5.0
"""Seconds before the next attempt, and before a kind that is not installed is looked for again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """The objects that are followed."""

    kind: Kind
    namespace: str | None
    """None: everywhere."""
    labels: str


class Watch:
    """Tells what there is, and what becomes of it."""

    def __init__(
        self, api: Api, selection: Selection, listed: Callable[[Objects], None], told: Callable[[Object, bool], None]
    ) -> None:
        """`listed`: called with all there are; `told`: with one that is new, has changed, or (True) is deleted."""
        self._api = api
        self._selection = selection
        self._listed = listed
        self._told = told
        self._version: str | None = None
        """What is known is of this moment; None: not known."""

    async def learn(self) -> None:
        """List them; where their kind is not installed, there are none."""
        chosen = self._selection
        try:
            found, self._version = await self._api.snapshot(chosen.kind, chosen.namespace, chosen.labels)
        except KindMissing:
            found, self._version = [], None
        self._listed(found)

    async def run(self) -> None:
        """Follow them until cancelled; Forbidden where we may not."""
        while True:
            try:
                if self._version is None:
                    await self.learn()
                if self._version is not None:
                    await self._follow(self._version)
                    continue  # the server ends each watch after a while
            except Forbidden:
                raise
            except ApiError as trouble:
                self._doubt(trouble)
            await asyncio.sleep(PAUSE * random.uniform(0.5, 1))  # noqa: S311 - no secret

    async def _follow(self, version: str) -> None:
        chosen = self._selection
        async for type_, body in self._api.watch(chosen.kind, chosen.namespace, chosen.labels, version):
            self._version = body["metadata"]["resourceVersion"]
            if type_ != BOOKMARK:
                self._told(body, type_ == DELETED)

    def _doubt(self, trouble: ApiError) -> None:
        """After a lost connection it goes on where it was; what is refused is listed anew."""
        log.log(logging.INFO if trouble.status else logging.WARNING, "%s is listed anew: %s", self._selection, trouble)
        if trouble.status:
            self._version = None
