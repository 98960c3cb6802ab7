"""Asking pods at their own addresses: whether the exporter answers, and whether Ray's port shows vLLM's metrics.

For a status, never for a decision: what does not answer within two seconds is unreachable, which is nobody's fault.
"""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from typing import Any, Self

import aiohttp

from rayscope.model.manifest import mapping, sequence
from rayscope.model.names import MANAGER

BUDGET = aiohttp.ClientTimeout(total=2.0)
AT_ONCE = 20
ENGINE = "vllm:"
ON_RAYS_PORT = b"ray_vllm_"
CHUNK = 64 << 10
NOT_FOUND = 404
LARGEST = 64 << 20
"""Bytes; nobody's metrics are that long."""


class Answer(StrEnum):
    """What an exporter's port has to say."""

    NONE = "none"
    """It was reached, and no exporter is there."""
    UNREACHABLE = "unreachable"
    ALIVE = "alive"
    """An exporter, which has seen none of vLLM's metrics."""
    ENGINE = "engine"
    """An exporter, which sees vLLM's metrics."""


class Asking:
    """The connections to pods; at most twenty at once."""

    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Never by way of a proxy, which knows no pod; and a connection that is used every ten minutes is not kept.
        self._session = aiohttp.ClientSession(
            timeout=BUDGET, connector=aiohttp.TCPConnector(force_close=True), headers={"User-Agent": MANAGER}
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    async def exporter(self, address: str, port: int) -> Answer:
        """Ask an exporter for its status; one that nobody has scraped yet looks into the directory for us."""
        async with self._gate:
            try:
                status = await self._status(address, port)
                if not mapping(status, "scrapes").get("served"):
                    await self._get(address, port, "metrics")
                    status = await self._status(address, port)
            except ValueError:
                return Answer.NONE
            except (aiohttp.ClientError, TimeoutError) as trouble:
                return Answer.NONE if _certain(trouble) else Answer.UNREACHABLE
        families = (str(mapping(family).get("name")) for family in sequence(status, "families"))
        return Answer.ENGINE if any(name.startswith(ENGINE) for name in families) else Answer.ALIVE

    async def ray(self, address: str, port: int) -> bool | None:
        """Whether Ray's port shows vLLM's metrics: read until the first of them. None: it cannot be reached."""
        async with self._gate:
            try:
                return await self._shows(_url(address, port, "metrics"))
            except (aiohttp.ClientError, TimeoutError):
                return None

    async def _shows(self, url: str) -> bool:
        seen, rest = 0, b""
        async with self._open.get(url) as response:
            if not response.ok:
                return False
            async for chunk in response.content.iter_chunked(CHUNK):
                window, seen = rest + chunk, seen + len(chunk)
                if ON_RAYS_PORT in window:
                    return True
                if seen > LARGEST:
                    break
                rest = window[1 - len(ON_RAYS_PORT) :]
        return False

    async def _status(self, address: str, port: int) -> dict[str, Any]:
        status = json.loads(await self._get(address, port, "status"))
        if not isinstance(status, dict):
            raise ValueError("no object")  # noqa: TRY004 - what was read is wrong, not how it was called
        return status

    async def _get(self, address: str, port: int, path: str) -> bytes:
        async with self._open.get(_url(address, port, path), raise_for_status=True) as response:
            return await response.read()

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("it is a context manager: nothing can be asked before it is entered")
        return self._session


def _certain(trouble: Exception) -> bool:
    """Whether the pod itself said that no exporter is there. Anything else may be a mesh's proxy, or the network."""
    if isinstance(trouble, aiohttp.ClientConnectorError):
        return isinstance(trouble.os_error, ConnectionRefusedError)
    return isinstance(trouble, aiohttp.ClientResponseError) and trouble.status == NOT_FOUND


def _url(address: str, port: int, path: str) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}/{path}"
