"""Where the operator's servers listen: at one address, or at all, IPv6 included (a pod may have nothing else).

The exporter, which imports nothing of ours and is never imported, has its own way to do so.
"""

from __future__ import annotations

import errno
import socket
import ssl

from aiohttp import web


async def listen(runner: web.AppRunner, address: str, port: int, tls: ssl.SSLContext | None = None) -> tuple[str, int]:
    """Serve at `address` ("": all of them, dual-stack where possible) and `port` (0: a free one).

    Returns both as a URL has them; OSError, which names them, where they cannot be had.
    """
    await _site(runner, address, port, tls).start()
    host, found = runner.addresses[0][:2]
    return f"[{host}]" if ":" in host else host, found


def _site(runner: web.AppRunner, address: str, port: int, tls: ssl.SSLContext | None) -> web.BaseSite:
    if address:
        return web.TCPSite(runner, address, port, ssl_context=tls)
    return web.SockSite(runner, _everywhere(port), ssl_context=tls)


def _everywhere(port: int) -> socket.socket:
    """One socket for both families: two would find two free ports."""
    if not socket.has_dualstack_ipv6():
        return socket.create_server(("", port))
    try:
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        # A kernel whose IPv6 is compiled in but switched off.
        return socket.create_server(("", port))
