"""What is served: /metrics, /status, /healthz, and a page that says so. It waits for the directory if it must.

A read that goes wrong costs its own clients a 5xx, which is what a scraper shows as `up == 0`; the next one is tried.
"""

from __future__ import annotations

import json
import os
import time
from typing import Callable, Dict, Optional, Tuple

from rayscope.exporter.http.negotiation import CONTENT_TYPES, accepts_gzip, choose_format
from rayscope.exporter.http.pages import INDEX
from rayscope.exporter.http.reading import Reading
from rayscope.exporter.http.request import Request
from rayscope.exporter.http.response import Response, sentence
from rayscope.exporter.http.server import Answer
from rayscope.exporter.itself import own_families
from rayscope.exporter.journal import say
from rayscope.exporter.options import Options
from rayscope.exporter.own.failures import MEMORY, Failures, T
from rayscope.exporter.own.scrapes import Scrapes
from rayscope.exporter.source import Source
from rayscope.exporter.status import Json, failing, status

METRICS, STATUS, HEALTH, START = "/metrics", "/status", "/healthz", "/"
METHODS = ("GET", "HEAD")
REST_SECONDS = 60.0
"""What has failed is not tried again before that, but for a scrape: it may have taken seconds of a core to fail."""
NOTED_SECONDS = 660.0
"""So long a scrape that failed is told without another try; the operator asks every ten minutes at least."""


class Site:
    """The pages about one directory, and what is done for them between requests."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._source: Optional[Source] = None
        self._missed = False
        self._scrapes = Scrapes()
        self._failures = Failures()
        self._resting: Dict[str, float] = {}
        self._failing = ""
        """Why there were no metrics when they were last asked for, in the words of failures.py."""

    def immediate(self, request: Request) -> Optional[Response]:
        """Everything but what needs a read."""
        if request.path not in (METRICS, STATUS, HEALTH, START):
            return sentence(404, f"Nothing is here. See {METRICS}, {STATUS}, {HEALTH}.")
        if request.method not in METHODS:
            return sentence(405, "Only GET and HEAD are served.", ("Allow", ", ".join(METHODS)))
        if request.path == HEALTH:
            return sentence(200, "ok")
        if request.path == STATUS and self._failing and self._rests("scrape"):
            return _document(failing(self._options, self._failures, self._failing))
        return INDEX if request.path == START else None

    def read(self) -> Answer:
        """Read the directory once; the answer to each who waits is written out of that."""
        reading, failed = self._attempt("scrape", self._read)
        if failed:
            self._note(failed)

        def answer(request: Request, peer: str) -> Response:
            if reading is None:
                return self._apology(request, failed)
            response, failed_now = self._attempt("scrape", lambda: self._answer(request, peer, reading))
            if request.path == METRICS:
                self._note(failed_now)
            return response or self._apology(request, failed_now)

        return answer

    def look(self) -> None:
        """Open the directory as soon as it is there."""
        if self._source is None and os.path.isdir(self._options.directory):
            self._source = Source(self._options)
            say(f"reading {self._options.directory}; {_liveness(self._source)}")
        elif self._source is None and not self._missed:
            self._missed = True
            say(f"{self._options.directory} is not there yet: waiting for it")

    def sample(self) -> None:
        """Take a sample of every engine's batch."""
        if self._source:
            self._task("sample", self._source.sampler.sample)

    def fold(self) -> None:
        """Put the files of ended processes into the archive."""
        if self._source:
            self._task("fold", self._source.folder.fold)

    def measure(self) -> None:
        """Look how full the directory is."""
        if self._source:
            self._task("measure", self._source.measure)

    def _task(self, name: str, run: Callable[[], object]) -> None:
        if self._rests(name):
            return
        _, failed = self._attempt(name, run)
        if failed:
            self._resting[name] = time.monotonic() + REST_SECONDS

    def _rests(self, name: str) -> bool:
        return time.monotonic() < self._resting.get(name, 0.0)

    def _note(self, failed: str) -> None:
        """Take note of how a scrape went: one that fails is told by the status from now on, without a read for it."""
        self._failing = failed
        self._resting["scrape"] = time.monotonic() + NOTED_SECONDS

    def _attempt(self, during: str, step: Callable[[], T]) -> Tuple[Optional[T], str]:
        result, failed = self._failures.attempt(during, step)
        if failed == MEMORY and self._source:
            self._source.forget()
        return result, failed

    def _read(self) -> Reading:
        self.look()
        began = time.monotonic()
        exposition = self._source.scrape() if self._source else None
        self._scrapes.reads += 1
        self._scrapes.seconds = time.monotonic() - began
        return Reading(exposition, own_families(self._source, self._scrapes, self._failures))

    def _answer(self, request: Request, peer: str, reading: Reading) -> Response:
        if request.path == STATUS:
            return _document(status(self._options, self._source, self._scrapes, self._failures))
        form = choose_format(request.headers.get("accept", ""))
        gzip = accepts_gzip(request.headers.get("accept-encoding", ""))
        headers = (("Vary", "Accept, Accept-Encoding"), *((("Content-Encoding", "gzip"),) if gzip else ()))
        body = reading.body(form, gzip=gzip)
        self._scrapes.note(peer, request.headers.get("user-agent", ""), time.time())
        return Response(200, CONTENT_TYPES[form], body, headers)

    def _apology(self, request: Request, failed: str) -> Response:
        """A page about the numbers fails with them; the one about the exporter says that they do."""
        if request.path == STATUS:
            return _document(failing(self._options, self._failures, failed))
        if failed == MEMORY:
            return sentence(503, "The exporter has reached its own memory limit; the next scrape is tried again.")
        return sentence(500, "The exporter has made a mistake; its container's log says which.")


def _document(content: Json) -> Response:
    return Response(200, "application/json", f"{json.dumps(content, indent=1)}\n".encode())


def _liveness(source: Source) -> str:
    if source.liveness.works:
        return "ended processes are told by their leases"
    return f"ended processes cannot be told from living ones, so nothing is hidden or folded ({source.liveness.reason})"
