"""The exporters at hand: this version's own, and earlier ones that living clusters still mount.

Every version publishes its exporter in the operator's own namespace and leaves the earlier ones there: that is where a
copy comes from, when a cluster of last year gets a new pod today. `delivery` puts the copies where services are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rayscope.kube.api import Api
from rayscope.kube.errors import Conflict
from rayscope.kube.kinds import CONFIG_MAP
from rayscope.model.names import exporter_config_map
from rayscope.render.exporter import exporter, zipapps
from rayscope.zipapp import Zipapp

log = logging.getLogger(__name__)


class Exporters:
    """Zipapps by digest."""

    def __init__(self, api: Api, namespace: str, own: Zipapp) -> None:
        self._api = api
        self._namespace = namespace
        self.own = own.digest
        self._zipapps = {own.digest: own.data}

    @property
    def at_hand(self) -> Mapping[str, bytes]:
        return MappingProxyType(self._zipapps)

    async def publish(self) -> None:
        """See to it that later versions will find this version's exporter."""
        if await self._api.get(CONFIG_MAP, exporter_config_map(self.own), self._namespace):
            return
        try:
            await self._api.create(exporter(self._namespace, self.own, self._zipapps[self.own]))
        except Conflict:
            return  # another replica was first: the name says that it is the same
        log.info("Exporter %s is published in namespace %s.", self.own, self._namespace)

    async def fetch(self, digests: Iterable[str]) -> None:
        """Have those at hand that were ever published."""
        for digest in digests:
            found = await self._api.get(CONFIG_MAP, exporter_config_map(digest), self._namespace)
            self._zipapps |= zipapps([found] if found else [])
