"""Whether there is IPv6, and the mark of tests that need it."""

import socket

import pytest


def has_ipv6() -> bool:
    """Whether there is an address of it: a kernel may have it compiled in and switched off."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
