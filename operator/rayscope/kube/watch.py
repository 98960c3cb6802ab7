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
        self._learning = asyncio.Lock()
        self._meanwhile: dict[tuple[str, str], Object | None] = {}
        """By namespace and name, what was told while they were listed, which may be later; None: deleted."""

    async def learn(self) -> None:
        """List them; where their kind is not installed, there are none."""
        async with self._learning:
            meanwhile: dict[tuple[str, str], Object | None] = {}
            self._meanwhile = meanwhile
            found, version = await self._snapshot()
            self._meanwhile = {}
        self._listed([*(body for body in found if _place(body) not in meanwhile), *filter(None, meanwhile.values())])
        if not meanwhile:
            self._version = version

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

    async def _snapshot(self) -> tuple[Objects, str | None]:
        chosen = self._selection
        try:
            return await self._api.snapshot(chosen.kind, chosen.namespace, chosen.labels)
        except KindMissing:
            return [], None

    async def _follow(self, version: str) -> None:
        chosen = self._selection
        async for type_, body in self._api.watch(chosen.kind, chosen.namespace, chosen.labels, version):
            self._version = body["metadata"]["resourceVersion"]
            if type_ != BOOKMARK:
                if self._learning.locked():
                    self._meanwhile[_place(body)] = None if type_ == DELETED else body
                self._told(body, type_ == DELETED)

    def _doubt(self, trouble: ApiError) -> None:
        """After a lost connection it goes on where it was; what is refused is listed anew."""
        log.log(logging.INFO if trouble.status else logging.WARNING, "%s is listed anew: %s", self._selection, trouble)
        if trouble.status:
            self._version = None


def _place(body: Object) -> tuple[str, str]:
    return body["metadata"].get("namespace", ""), body["metadata"]["name"]
