"""What the operator tells about itself over HTTP: alive, ready, and its metrics.

/healthz fails only where a restart would help: nothing finished for long although there is work. /readyz fails where no
review would be answered, so that the API server is never sent to a replica that cannot.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from rayscope.control import figures
from rayscope.listening import listen

STALLED = 300.0
"""Seconds without a finished visit. The longest single one, with every request timing out, takes less."""

log = logging.getLogger(__name__)


class Health:
    """An HTTP server; `stalled` gives seconds without progress, `ready` names what is not ready yet."""

    def __init__(
        self, *, stalled: Callable[[], float], depth: Callable[[], int], ready: Callable[[], str | None]
    ) -> None:
        self._stalled = stalled
        self._ready = ready
        figures.depth.set_function(depth)

    async def serve(self, address: str, port: int) -> None:
        """Run until cancelled, at `address` ("": all); OSError where it cannot be had."""
        application = web.Application()
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            log.info("Health and metrics are at http://%s:%d.", *await listen(runner, address, port))
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        stalled = self._stalled()
        if stalled > STALLED:
            return web.Response(status=503, text=f"no visit has ended for {stalled:.0f} seconds\n")
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        waiting = self._ready()
        return web.Response(status=503 if waiting else 200, text=f"{waiting or 'ok'}\n")

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(REGISTRY), headers={"Content-Type": content_type})
