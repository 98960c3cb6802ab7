"""A `/metrics` route for your own FastAPI or Starlette app, right in one process and in many.

    from rayscope.endpoint import MetricsEndpoint   # before anything that declares metrics

    app.add_route("/metrics", MetricsEndpoint())

Where Rayscope's exporter runs beside the app this route is not needed: it shows the whole directory once more.
Import this module before prometheus_client declares its first metric: a `PROMETHEUS_MULTIPROC_DIR` that cannot be used
makes each declaration fail, so it is taken out of the environment here, with an error that says why.
It must never stall the event loop that streams tokens: metrics are collected and compressed in a thread, once for all
requests that wait. It needs prometheus_client and nothing else.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Optional

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def unusable(directory: str) -> Optional[str]:
    """Why prometheus_client could not keep its files in `directory`; None where it can."""
    if not os.path.isdir(directory):
        return "it is not a directory: create it before the app starts, or mount a volume there"
    try:
        with tempfile.TemporaryFile(dir=directory):
            return None
    except OSError as error:
        return f"it cannot be written ({error.strerror}): mount it writable for this user"


def settle() -> None:
    """Let the app start where the directory is unusable: leave multiprocess mode, and say so."""
    directory = os.environ.get(VARIABLE)
    if directory is None or (reason := unusable(directory)) is None:
        return
    del os.environ[VARIABLE]
    late = " prometheus_client was imported before: import rayscope.endpoint first." if loaded() else ""
    log.error("%s=%s is ignored: %s. Metrics are of this process alone.%s", VARIABLE, directory, reason, late)


def loaded() -> bool:
    """Whether prometheus_client has chosen already where values live: it does so at import (its values.py)."""
    return "prometheus_client" in sys.modules


settle()

from prometheus_client import REGISTRY, CollectorRegistry  # noqa: E402 - chooses its mode at import, so after settle()
from prometheus_client.exposition import choose_encoder  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402


def registry() -> CollectorRegistry:
    """All processes' metrics where there is a directory that they share, else this process's own."""
    if VARIABLE not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


class MetricsEndpoint:
    """The route, as an ASGI app.

    It can be pickled, as Ray Serve's `@serve.ingress` demands: what it needs it finds at the first request.
    """

    def __init__(self) -> None:
        self._registry: Optional[CollectorRegistry] = None
        self._running: dict[str, asyncio.Task[bytes]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {"_registry": None, "_running": {}}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer one request: GET and HEAD, the format by `Accept`, gzip where it is accepted."""
        if scope["type"] != "http":
            raise RuntimeError(f"MetricsEndpoint serves HTTP, not {scope['type']}")
        if scope["method"] not in {"GET", "HEAD"}:
            return await respond(send, 405, b"only GET and HEAD\n", [(b"allow", b"GET, HEAD")])
        asked = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body, content_type = await self._collected(asked.get(b"accept", ""))
        headers = [(b"content-type", content_type.encode()), (b"vary", b"accept, accept-encoding")]
        if "gzip" in asked.get(b"accept-encoding", ""):
            body = await asyncio.get_running_loop().run_in_executor(None, gzip.compress, body, 1)
            headers.append((b"content-encoding", b"gzip"))
        return await respond(send, 200, body, headers, empty=scope["method"] == "HEAD")

    async def _collected(self, accept: str) -> tuple[bytes, str]:
        """The exposition and its content type. One collection serves all requests that wait for the same format."""
        encode, content_type = choose_encoder(accept)
        task = self._running.get(content_type)
        if task is None:
            task = self._running[content_type] = asyncio.create_task(self._collect(encode))
            task.add_done_callback(lambda _: self._running.pop(content_type, None))
        return await asyncio.shield(task), content_type

    async def _collect(self, encode: Callable[[CollectorRegistry], bytes]) -> bytes:
        if self._registry is None:
            self._registry = registry()
            log_mode()
        return await asyncio.get_running_loop().run_in_executor(None, encode, self._registry)


def log_mode() -> None:
    """Say once a process what the route shows."""
    directory = os.environ.get(VARIABLE)
    if directory:
        log.info("/metrics shows all processes that write to %s", directory)
    else:
        log.warning("/metrics shows this process alone: %s is not set", VARIABLE)


async def respond(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]], *, empty: bool = False
) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if empty else body})
