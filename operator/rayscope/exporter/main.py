"""The program: options, limits, the listening socket, and the server until SIGTERM. Returns an exit status.

0: stopped by a signal. 1: the address cannot be served on. 2: a mistake on the command line (argparse exits itself).
"""

from __future__ import annotations

import time
from typing import Sequence

from rayscope import __version__
from rayscope.exporter.http.listen import Unavailable, listen, url
from rayscope.exporter.http.schedule import Schedule, Task
from rayscope.exporter.http.server import Server
from rayscope.exporter.journal import say
from rayscope.exporter.limits import restrict, stop_socket
from rayscope.exporter.options import parse
from rayscope.exporter.own.sampling import SAMPLE_SECONDS
from rayscope.exporter.site import Site

FOLD_SECONDS = 1.0
LOOK_SECONDS = 1.0
MEASURE_SECONDS = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as `argv` says (None: the process's own arguments), until SIGTERM or SIGINT."""
    options = parse(argv)
    restrict()
    stop = stop_socket()
    try:
        listener = listen(options.host, options.port)
    except Unavailable as unavailable:
        say(str(unavailable))
        return 1
    say(f"{__version__}: serving {options.directory} at {url(listener)}/metrics")
    site = Site(options)
    Server(site, [listener], stop, _schedule(site)).run()
    say("stopped by a signal")
    return 0


def _schedule(site: Site) -> Schedule:
    """What is done without being asked for. The first answer does not wait for any of it."""
    soon = time.monotonic() + FOLD_SECONDS
    return Schedule(
        Task(site.look, LOOK_SECONDS),
        Task(site.sample, SAMPLE_SECONDS),
        Task(site.fold, FOLD_SECONDS, soon),
        Task(site.measure, MEASURE_SECONDS, soon),
    )
