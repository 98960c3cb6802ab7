"""Where the exporter can be reached."""

from __future__ import annotations

import pytest

from rayscope.exporter.http.listen import Unavailable, listen, url
from tests.plane.ports import reachable
from tests.unit.ipv6 import IPV6, has_ipv6


def test_by_default_every_address_is_served_ipv6_too_where_there_is_any() -> None:
    with listen("", 0) as listener:
        port = listener.getsockname()[1]
        assert reachable("127.0.0.1", port)
        assert reachable("::1", port) or not has_ipv6()


def test_one_address_is_served_if_one_is_asked_for() -> None:
    with listen("127.0.0.2", 0) as listener:
        port = listener.getsockname()[1]
        assert url(listener) == f"http://127.0.0.2:{port}"
        assert reachable("127.0.0.2", port)
        assert not reachable("127.0.0.1", port)


@IPV6
def test_an_ipv6_address_is_served_and_written_in_brackets() -> None:
    with listen("::1", 0) as listener:
        port = listener.getsockname()[1]
        assert url(listener) == f"http://[::1]:{port}"
        assert reachable("::1", port)


def test_a_port_that_is_taken_is_said_to_be_with_what_to_do() -> None:
    for host in ("", "127.0.0.1"):
        with listen(host, 0) as listener:
            port = listener.getsockname()[1]
            with pytest.raises(Unavailable, match=rf"port {port}.* is taken by another process: .*--port"):
                listen(host, port)


def test_an_address_that_is_not_ours_is_said_not_to_be() -> None:
    with pytest.raises(Unavailable, match=r"cannot serve on port 9475 of 192\.0\.2\.77: .*; see --host and --port"):
        listen("192.0.2.77", 9475)


def test_a_host_that_is_none_is_said_not_to_be() -> None:
    with pytest.raises(Unavailable, match="cannot serve on port 9475 of no such host"):
        listen("no such host", 9475)
