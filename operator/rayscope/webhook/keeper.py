"""What sees to the certificate that is presented, wherever it comes from.

A look every minute, no restart ever. Trouble is logged and counted, and what was good before goes on being served.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import NoReturn

from prometheus_client import Counter, Gauge

from rayscope.webhook.certificates import Pair
from rayscope.webhook.presented import Presented

PERIOD = 60.0
RETRY = 5.0
"""Seconds between two looks; the shorter while there is nothing to present."""

log = logging.getLogger(__name__)
failures = Counter(
    "rayscope_webhook_certificate_failures_total", "Looks after the webhook's certificate that went wrong."
)
expiry = Gauge(
    "rayscope_webhook_certificate_expiry_timestamp_seconds", "When the certificate that the webhook presents expires."
)


class Keeper(ABC):
    """Keeps `presented` right for as long as `run` runs."""

    def __init__(self) -> None:
        self.presented = Presented()

    @abstractmethod
    async def look(self) -> None:
        """See what is, and mend it."""

    async def run(self) -> NoReturn:
        while True:
            try:
                await self.look()
            except Exception:
                # Whatever it is (no right, no API server, a file half written), the next look may find it mended.
                failures.inc()
                log.exception("The webhook's certificate could not be looked after; %s", self._consequence())
            await asyncio.sleep(PERIOD if self.presented.pair else RETRY)

    def present(self, pair: Pair) -> None:
        """Present `pair` from now on; ssl.SSLError, and no change, where it is no pair."""
        if pair != self.presented.pair:
            self.presented.present(pair)
            expiry.set(pair.expires.timestamp())
            log.info("The webhook presents a certificate that is valid until %s.", pair.expires)

    def _consequence(self) -> str:
        pair = self.presented.pair
        return (
            f"the one presented is valid until {pair.expires}"
            if pair
            else "there is none yet, so no review is answered"
        )
