"""The listening socket: on every address, IPv6 included where the pod has it (a pod may have nothing else)."""

from __future__ import annotations

import errno
import socket

BACKLOG = 128


class Unavailable(Exception):  # noqa: N818 - what an address is, to a user
    """The address cannot be served on; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket at `host` ("": all addresses, dual-stack where possible) and `port` (0: a free one)."""
    try:
        return _listen_everywhere(port) if not host else _listen_at(host, port)
    except OSError as error:
        raise Unavailable(_advice(host, port, error)) from error


def url(listener: socket.socket) -> str:
    """Where a listener is, as a client would write it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen_everywhere(port: int) -> socket.socket:
    if not socket.has_dualstack_ipv6():
        return socket.create_server(("", port), backlog=BACKLOG)
    try:
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        # A kernel whose IPv6 is compiled in but switched off.
        return socket.create_server(("", port), backlog=BACKLOG)


def _listen_at(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=BACKLOG)


def _advice(host: str, port: int, error: OSError) -> str:
    where = f"port {port}" + (f" of {host}" if host else "")
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another process: choose another one with --port, or end that process"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{where} needs more rights: choose a --port above 1023"
    return f"cannot serve on {where}: {error.strerror or error}; see --host and --port"
