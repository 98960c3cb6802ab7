"""A held port is free for the server it is held for, and for nobody else."""

import asyncio
import socket

from tests.plane.ports import HeldPort


async def test_an_asyncio_server_can_listen_on_a_held_port() -> None:
    with HeldPort() as port:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port.number)
        async with server:
            assert server.sockets[0].getsockname() == ("127.0.0.1", port.number)


def test_a_held_port_is_never_given_to_who_asks_for_any() -> None:
    with HeldPort() as port:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(50)]
        assert port.number not in {other.getsockname()[1] for other in sockets}
        for other in sockets:
            other.close()
