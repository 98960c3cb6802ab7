"""One HTTP/1.x request head, parsed: method, path, headers. The exporter's own parser, because `http.server` brings
`ssl` and `email` along: 10 MiB and 40 ms in every GPU pod. It never reads a body: nothing served here takes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Union

MAX_HEAD_BYTES = 16 * 1024
"""Prometheus sends some 400 bytes; proxies add tracing headers and cookies."""


@dataclass(frozen=True)
class Request:
    """What a client asks for. `headers` has lower-case names; repeated ones are joined by a comma (RFC 9110 5.3)."""

    method: str
    path: str
    headers: Mapping[str, str]
    keep_alive: bool


@dataclass(frozen=True)
class Refusal:
    """A head that cannot be served: an HTTP status, and a sentence for whoever sent it. It ends the connection."""

    status: int
    sentence: str


def head_end(received: Union[bytes, bytearray]) -> int:
    """Length of the head that `received` begins with, its empty line included; 0 while it is incomplete."""
    for mark in (b"\r\n\r\n", b"\n\n"):
        found = received.find(mark)
        if found >= 0:
            return found + len(mark)
    return 0


def parse_head(head: bytes) -> Request | Refusal:
    """The request that `head` spells. Query strings are dropped: nothing here has parameters."""
    lines = head.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1]:
        return Refusal(400, f"Not an HTTP/1.x request line: {lines[0][:80]!r}.")
    headers = _headers(lines[1:])
    if headers is None:
        return Refusal(400, "A header line has no name.")
    method, target, version = parts
    return Request(method, _path(target), headers, _keeps_alive(version, headers))


def _headers(lines: list[str]) -> dict[str, str] | None:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            return None
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _path(target: str) -> str:
    """The path of an origin-form target, or of the absolute form that a proxy sends."""
    if not target.startswith("/") and "://" in target:
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    return target.partition("?")[0].partition("#")[0]


def _keeps_alive(version: str, headers: Mapping[str, str]) -> bool:
    """Whether another request may follow. A body, which is never read, would be taken for the next head."""
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        return False
    options = {option.strip().lower() for option in headers.get("connection", "").split(",")}
    return "keep-alive" in options if version == "HTTP/1.0" else "close" not in options
