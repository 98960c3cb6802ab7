"""Port 8080 of a Ray node, as it was captured, with counters that grow at every scrape and gauges that stay.

What a Prometheus makes of Ray's metrics needs no Ray then: it is the text that a real one wrote.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CAPTURE = Path(__file__).parents[1] / "unit/render/ray-2.60.0-metrics-port.txt.gz"
GROWTH = 0.05
"""By which share of what was captured a counter grows."""
SAMPLE = re.compile(r"^(?P<name>[^{ ]+)(?P<labels>\{.*\})? (?P<value>\S+)$")


def captured() -> list[str]:
    """The samples, line by line, as they were exported."""
    return [line for line in _text().splitlines() if not line.startswith("#")]


def _text() -> str:
    return gzip.decompress(CAPTURE.read_bytes()).decode()


class Replay:
    """The text of the next scrape."""

    def __init__(self) -> None:
        self.scrapes = 0
        self._lines = _text().splitlines()

    def text(self) -> str:
        """Buckets of one histogram grow by the same share, so it stays one."""
        self.scrapes += 1
        return "\n".join(self._grown(1 + GROWTH * self.scrapes)) + "\n"

    def _grown(self, factor: float) -> Iterator[str]:
        growing = False
        for line in self._lines:
            if line.startswith("# TYPE"):
                growing = line.endswith((" counter", " histogram"))
            sample = SAMPLE.match(line)
            yield (
                f"{sample['name']}{sample['labels'] or ''} {float(sample['value']) * factor!r}"
                if (growing and sample)
                else line
            )


@contextmanager
def served() -> Iterator[int]:
    """The port on the loopback address where it is scraped."""
    replay = Replay()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = replay.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class' signature
            """Nothing: a scrape a second."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
