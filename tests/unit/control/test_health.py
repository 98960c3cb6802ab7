"""The health server on a real socket."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from rayscope.control.health import STALLED, Health
from rayscope.control.options import EVERYWHERE
from tests.plane.ports import HeldPort
from tests.unit.ipv6 import IPV6

HOST = "127.0.0.1"
LIMIT = 30
"""Seconds to wait for what takes none."""


def health(*, stalled: float = 0.0, waiting: str | None = None) -> Health:
    return Health(stalled=lambda: stalled, depth=lambda: 0, ready=lambda: waiting)


@asynccontextmanager
async def serving(server: Health, address: str) -> AsyncIterator[int]:
    """Its port; it listens there, or is about to."""
    with HeldPort() as port:
        task = asyncio.create_task(server.serve(address, port.number))
        try:
            yield port.number
        finally:
            task.cancel()
            await asyncio.wait([task])
    assert task.cancelled()


async def asked(host: str, port: int, path: str) -> tuple[int, str]:
    """Its answer, as soon as there is one."""
    async with asyncio.timeout(LIMIT), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://{host}:{port}{path}") as got:
                    return got.status, await got.text()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0)


@pytest.mark.parametrize("host", [HOST, pytest.param("[::1]", marks=IPV6)])
async def test_without_an_address_it_answers_on_all(host: str) -> None:
    async with serving(health(), EVERYWHERE) as port:
        assert await asked(host, port, "/healthz") == (200, "ok\n")


async def test_what_is_not_ready_is_named_and_no_reason_to_restart() -> None:
    async with serving(health(waiting="the webhook does not answer yet"), HOST) as port:
        assert await asked(HOST, port, "/readyz") == (503, "the webhook does not answer yet\n")
        assert await asked(HOST, port, "/healthz") == (200, "ok\n")


async def test_a_long_time_without_progress_is_a_reason_to_restart() -> None:
    async with serving(health(stalled=STALLED + 1), HOST) as port:
        assert await asked(HOST, port, "/healthz") == (503, "no visit has ended for 301 seconds\n")


@pytest.mark.parametrize("address", [HOST, EVERYWHERE])
async def test_a_port_that_is_taken_ends_it_with_the_reason(address: str) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"\('{address}', {port}") as raised:
            await health().serve(address, port)
    assert raised.value.errno == errno.EADDRINUSE
