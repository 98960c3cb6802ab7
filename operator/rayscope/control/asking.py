"""Asking pods at their own addresses: whether the exporter answers, and whether Ray's port shows vLLM's metrics.

For a status, never for a decision: what does not answer within two seconds is unreachable, which is nobody's fault.
A pod is somebody else's, so nothing that it says is followed, unpacked, or read to an end that does not come.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import aiohttp

from rayscope.control.edges import reported, shown
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import MANAGER, OUT_OF_MEMORY
from rayscope.model.rules import Edges

BUDGET = aiohttp.ClientTimeout(total=2.0)
AT_ONCE, WHOLE_AT_ONCE = 20, 4
ENGINE = "vllm:"
ON_RAYS_PORT = b"ray_vllm_"
CHUNK = 64 << 10
OK, NOT_FOUND = 200, 404
LARGEST, LONGEST_STATUS = 16 << 20, 4 << 20
"""Bytes; nobody's metrics are that long, and no exporter's status. That is a hundred megabytes as objects, at worst:
none are kept while anything is waited for."""


class Answer(StrEnum):
    """What an exporter's port has to say."""

    NONE = "none"
    """It was reached, and no exporter is there."""
    UNREACHABLE = "unreachable"
    ALIVE = "alive"
    """An exporter, which has seen none of vLLM's metrics."""
    ENGINE = "engine"
    """An exporter, which sees vLLM's metrics."""
    OUT_OF_MEMORY = "out of memory"
    """An exporter that needs more memory than it may have, and so shows nothing."""
    FAILING = "failing"
    """An exporter that shows nothing by a fault of its own."""


@dataclass(frozen=True)
class Report:
    """What an exporter says, and the edges of its buckets, as far as they are an objective's."""

    answer: Answer
    edges: Edges = field(default_factory=dict)
    scraped: bool = True
    """Whether anybody has asked it for metrics; before that it knows no families."""


@dataclass(frozen=True)
class Shown:
    """Whether Ray's port shows vLLM's metrics, and with which edges, where those were asked for."""

    engine: bool
    edges: Edges = field(default_factory=dict)


class Asking:
    """The connections to pods; at most twenty at once, and four of whose metrics are kept until all are there."""

    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._whole = asyncio.Semaphore(WHOLE_AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # Never by way of a proxy, which knows no pod; and a connection that is used every ten minutes is not kept.
        self._session = aiohttp.ClientSession(
            timeout=BUDGET,
            connector=aiohttp.TCPConnector(force_close=True),
            headers={"User-Agent": MANAGER, "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            await self._session.close()

    async def exporter(self, address: str, port: int) -> Report:
        """Ask an exporter for its status."""
        async with self._gate:
            try:
                return await self._asked(address, port)
            except ValueError:
                return Report(Answer.NONE)
            except (aiohttp.ClientError, TimeoutError) as trouble:
                return Report(Answer.NONE if _certain(trouble) else Answer.UNREACHABLE)

    async def ray(self, address: str, port: int, *, edges: bool = False) -> Shown | None:
        """Whether Ray's port shows vLLM's metrics. None: it cannot be reached.

        It is read until the first of them; for `edges` to the end, which is a megabyte or more.
        """
        async with self._whole if edges else self._gate:
            try:
                return await self._shows(_url(address, port, "metrics"), whole=edges)
            except (aiohttp.ClientError, TimeoutError):
                return None

    async def _shows(self, url: str, *, whole: bool) -> Shown:
        kept, seen, engine = bytearray(), 0, False
        async with self._open.get(url, allow_redirects=False) as response:
            if response.status != OK:
                return Shown(engine=False)
            async for chunk in response.content.iter_chunked(CHUNK):
                kept += chunk
                seen += len(chunk)
                engine = engine or ON_RAYS_PORT in kept
                if seen > LARGEST or (engine and not whole):
                    break
                if not whole:
                    del kept[: 1 - len(ON_RAYS_PORT)]
        return Shown(engine, shown(kept) if whole else {})

    async def _asked(self, address: str, port: int) -> Report:
        """What its status says; where nobody has scraped it yet, we are the first, and ask it once more."""
        report = await self._status(address, port)
        if report.scraped:
            return report
        with suppress(aiohttp.ClientError, TimeoutError):  # where that fails, its status says why
            async with self._open.get(_url(address, port, "metrics"), allow_redirects=False):
                pass  # it has done all of it before it says a word
        return await self._status(address, port)

    async def _status(self, address: str, port: int) -> Report:
        url = _url(address, port, "status")
        async with self._open.get(url, raise_for_status=True, allow_redirects=False) as response:
            return _read(b"".join([part async for part in _parts(response, LONGEST_STATUS)]))

    @property
    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("it is a context manager: nothing can be asked before it is entered")
        return self._session


async def _parts(response: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """What it says; ValueError where that is more than LIMIT bytes."""
    seen = 0
    async for part in response.content.iter_chunked(CHUNK):
        seen += len(part)
        if seen > limit:
            raise ValueError(f"more than {limit} bytes")
        yield part


def _read(text: bytes) -> Report:
    """A status; ValueError where it is none of an exporter's."""
    try:
        return _report(json.loads(text))
    except (AttributeError, RecursionError, TypeError) as trouble:
        raise ValueError("it has another shape") from trouble


def _report(status: Manifest) -> Report:
    if failing := status.get("failing"):
        return Report(Answer.OUT_OF_MEMORY if failing == OUT_OF_MEMORY else Answer.FAILING)
    families = (str(mapping(family).get("name")) for family in sequence(status, "families"))
    answer = Answer.ENGINE if any(name.startswith(ENGINE) for name in families) else Answer.ALIVE
    return Report(answer, reported(status), scraped=bool(mapping(status, "scrapes").get("served")))


def _certain(trouble: Exception) -> bool:
    """Whether the pod itself said that no exporter is there. Anything else may be a mesh's proxy, or the network."""
    if isinstance(trouble, aiohttp.ClientConnectorError):
        return isinstance(trouble.os_error, ConnectionRefusedError)
    return isinstance(trouble, aiohttp.ClientResponseError) and trouble.status == NOT_FOUND


def _url(address: str, port: int, path: str) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}/{path}"
