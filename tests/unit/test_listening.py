"""Where the operator's servers can be reached."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from rayscope.listening import listen
from tests.plane.ports import reachable
from tests.unit.ipv6 import IPV6


@pytest.fixture
async def runner() -> AsyncIterator[web.AppRunner]:
    """It serves nothing, and so answers 404."""
    made = web.AppRunner(web.Application())
    await made.setup()
    yield made
    await made.cleanup()


@pytest.mark.parametrize("client", ["127.0.0.1", pytest.param("::1", marks=IPV6)])
async def test_without_an_address_all_are_served_at_one_port(runner: web.AppRunner, client: str) -> None:
    _, port = await listen(runner, "", 0)
    assert port
    assert reachable(client, port)


async def test_one_address_is_served_if_one_is_given(runner: web.AppRunner) -> None:
    host, port = await listen(runner, "127.0.0.2", 0)
    assert host == "127.0.0.2"
    assert reachable("127.0.0.2", port)
    assert not reachable("127.0.0.1", port)


@IPV6
async def test_an_ipv6_address_is_served_alone_and_written_in_brackets(runner: web.AppRunner) -> None:
    host, port = await listen(runner, "::1", 0)
    assert host == "[::1]"
    assert reachable("::1", port)
    assert not reachable("127.0.0.1", port)


async def test_a_name_is_served_where_it_leads(runner: web.AppRunner) -> None:
    _, port = await listen(runner, "localhost", 0)
    assert reachable("localhost", port)


@pytest.mark.parametrize("address", ["", "127.0.0.1", pytest.param("::1", marks=IPV6)])
async def test_a_port_that_is_taken_is_said_to_be(runner: web.AppRunner, address: str) -> None:
    _, port = await listen(runner, address, 0)
    with pytest.raises(OSError, match=rf"\('{address}', {port}") as raised:
        await listen(runner, address, port)
    assert raised.value.errno == errno.EADDRINUSE
    assert "address already in use" in str(raised.value).lower()


async def test_a_port_that_is_taken_at_one_address_cannot_be_had_at_all(runner: web.AppRunner) -> None:
    _, port = await listen(runner, "127.0.0.1", 0)
    with pytest.raises(OSError, match=str(port)) as raised:
        await listen(runner, "", port)
    assert raised.value.errno == errno.EADDRINUSE


async def test_an_address_that_is_not_ours_is_said_not_to_be(runner: web.AppRunner) -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.77"):
        await listen(runner, "192.0.2.77", 0)
