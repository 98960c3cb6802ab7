"""The HTTPS server that the API server calls: one path, one method, bounded in size and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from rayscope.listening import listen
from rayscope.model.names import WEBHOOK_PATH
from rayscope.webhook.admission import Malformed
from rayscope.webhook.keeper import Keeper
from rayscope.webhook.review import Reviewer

LARGEST = 8 << 20
"""Bytes of a review: etcd takes objects of 1.5 MiB, an UPDATE carries two, and JSON escapes may double them."""
BODY_TIMEOUT = 10.0
"""Seconds for a request's body. The API server itself gives up after the configuration's `timeoutSeconds`, 3."""
IDLE_TIMEOUT = 120.0
"""Seconds that a connection may wait for a request: longer than the API server keeps an idle one, which is 90."""
FAREWELL = 2.0
"""Seconds for reviews under way when the server ends: twice what one may take. A client that stalls gets no longer."""

log = logging.getLogger(__name__)


class Webhook:
    """The admission webhook as a whole, at `address` ("": all): answers reviews, and looks after its certificate."""

    def __init__(self, reviewer: Reviewer, keeper: Keeper, address: str, port: int) -> None:
        self._keeper = keeper
        self._address = address
        self._port = port
        self._reviewer = reviewer
        self._listening = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether a review would be answered."""
        return self._listening.is_set()

    async def started(self) -> None:
        """Return as soon as it is ready."""
        await self._listening.wait()

    @property
    def port(self) -> int:
        """The port that it listens on (the one that was found, where port 0 was asked for)."""
        return self._port

    async def serve(self) -> None:
        """Run until cancelled; ends with the error where the address cannot be had."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keeper.run(), name="webhook-certificate")
            await self._keeper.presented.given()
            async with self._listener():
                await asyncio.Event().wait()

    @asynccontextmanager
    async def _listener(self) -> AsyncIterator[None]:
        runner = web.AppRunner(
            self._application(), access_log=None, keepalive_timeout=IDLE_TIMEOUT, shutdown_timeout=FAREWELL
        )
        await runner.setup()
        try:
            host, self._port = await listen(runner, self._address, self._port, self._keeper.presented.context)
            self._listening.set()
            log.info("The webhook listens on %s, port %d.", host, self._port)
            yield
        finally:
            self._listening.clear()
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST)
        application.router.add_post(WEBHOOK_PATH, self._mutate)
        return application

    async def _mutate(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise web.HTTPBadRequest(text=f"A review is application/json, not {request.content_type}.\n")
        try:
            answer = await self._reviewer.review(await _body(request))
        except Malformed as reason:
            raise web.HTTPBadRequest(text=f"{reason}\n") from None
        return web.Response(body=answer, content_type="application/json")


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"The body did not come within {BODY_TIMEOUT:.0f} seconds.\n") from None
