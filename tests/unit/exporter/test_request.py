"""Request heads, well-formed, sloppy and hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rayscope.exporter.http.request import Refusal, Request, head_end, parse_head


def parsed(head: bytes) -> Request:
    request = parse_head(head)
    assert isinstance(request, Request)
    return request


def test_a_head_is_complete_at_its_empty_line() -> None:
    head = b"GET /metrics HTTP/1.1\r\nHost: pod\r\n\r\n"
    assert [head_end(head[:length]) for length in range(len(head))] == [0] * len(head)
    assert head_end(head + b"GET /status") == len(head)


def test_a_person_with_netcat_is_understood() -> None:
    head = b"GET /healthz HTTP/1.0\n\n"
    assert head_end(head) == len(head)
    assert parsed(head) == Request("GET", "/healthz", {}, keep_alive=False)


def test_header_names_are_case_insensitive_and_repeated_headers_are_one_list() -> None:
    request = parsed(b"GET / HTTP/1.1\r\nACCEPT: text/plain\r\naccept:application/openmetrics-text \r\n\r\n")
    assert request.headers == {"accept": "text/plain, application/openmetrics-text"}


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/metrics", "/metrics"),
        (b"/metrics?module=x", "/metrics"),
        (b"http://10.0.0.1:9475/metrics", "/metrics"),
        (b"http://10.0.0.1:9475", "/"),
        (b"/status#top", "/status"),
        (b"*", "*"),
        (b"//metrics", "//metrics"),
    ],
)
def test_the_path_is_the_targets_without_query_or_authority(target: bytes, path: str) -> None:
    assert parsed(b"GET " + target + b" HTTP/1.1\r\n\r\n").path == path


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: te, close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_a_connection_is_kept_unless_the_client_or_a_body_says_otherwise(head: bytes, *, keep_alive: bool) -> None:
    assert parsed(head).keep_alive is keep_alive


@pytest.mark.parametrize(
    "head",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : space before the colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_with_a_sentence(head: bytes) -> None:
    refusal = parse_head(head)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400
    assert refusal.sentence.endswith(".")


@given(st.binary(max_size=300))
def test_no_head_whatever_raises(noise: bytes) -> None:
    assert isinstance(parse_head(noise + b"\r\n\r\n"), (Request, Refusal))
    assert isinstance(parse_head(b"GET / HTTP/1.1\r\n" + noise + b"\r\n\r\n"), (Request, Refusal))
