"""One HTTP response as bytes: the head, with an exact Content-Length, and the body. HEAD gets the head alone.

Bodies are shared between the clients that wait for one read, so they are never copied here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

PLAIN = "text/plain; charset=utf-8"
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class Response:
    """A status, a body of a content type, and further header lines such as ("Allow", "GET, HEAD")."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def head(self, *, keep_alive: bool) -> bytes:
        """The status line and headers, up to and including the empty line."""
        lines = [
            f"HTTP/1.1 {self.status} {_PHRASES[self.status]}",
            f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime())}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers),
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def sentence(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """A short answer in words, for people at a terminal."""
    return Response(status, PLAIN, f"{text}\n".encode(), headers)
