"""The command line: what may be said, what it means, and what a user did wrong. It never reads an environment variable:
with PROMETHEUS_MULTIPROC_DIR set, the exporter is still the reader of `--dir` and a writer of nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Sequence

from rayscope import __version__

PROCESS = "process"
MERGED = "merged"
DEFAULT_FAMILIES = "vllm:,lmcache:"

_DESCRIPTION = """\
Serve what the processes of a pod write through prometheus_client's multiprocess mode.

Every process that runs with PROMETHEUS_MULTIPROC_DIR=DIR keeps its metrics in files there. This program reads
them from outside, with no help from those processes, and answers:

  /metrics   the numbers: text format 0.0.4, or OpenMetrics where the scraper asks for it
  /status    what was found, as JSON: families, processes, bucket edges, errors, who scraped last
  /healthz   200 while the program runs
"""

_EPILOG = """\
example:
  PROMETHEUS_MULTIPROC_DIR=/tmp/metrics vllm serve MODEL &
  %(prog)s --dir /tmp/metrics --port 9475 &
  curl -s localhost:9475/metrics | grep num_requests_running

what the numbers mean:
  Counters and histograms are summed over all processes, ended ones included: a restart never makes them fall.
  Gauges carry the label pid, one series a process, and go with it: two engines in one pod have the same labels
  otherwise, and one would hide the other. Sum them in a query: sum without (pid) (vllm:num_requests_running).
  A gauge that its process has never set is absent.

The processes' files are never written to. DIR may appear later; until then /metrics says so.
"""


@dataclass(frozen=True)
class Options:
    """`families` are prefixes, none means all; `gauges` is PROCESS or MERGED; `host` "" is every address."""

    directory: str
    port: int
    host: str
    families: tuple[str, ...]
    gauges: str


def parse(argv: Sequence[str] | None, program: str = "rayscope exporter") -> Options:
    """The options in `argv` (None: the process's own). A mistake ends the process: status 2, and what to do."""
    arguments = _parser(program).parse_args(argv)
    return Options(arguments.dir, arguments.port, arguments.host, arguments.families, arguments.gauges)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dir", required=True, metavar="DIR", help="the directory that the processes write to")
    add(
        "--port",
        required=True,
        type=_port,
        metavar="PORT",
        help="the port to serve on; 0 takes a free one and names it",
    )
    add("--host", default="", help="the address to serve on (default: all, IPv4 and IPv6)")
    add(
        "--families",
        default=_prefixes(DEFAULT_FAMILIES),
        type=_prefixes,
        metavar="PREFIXES",
        help=f"families to show, by prefix, separated by commas; '' shows all (default: {DEFAULT_FAMILIES})",
    )
    add(
        "--gauges",
        default=PROCESS,
        choices=(PROCESS, MERGED),
        help="one series a process, with the label pid (default), or merged as prometheus_client does: right where all "
        "processes are API servers of one engine",
    )
    add("--version", action="version", version=f"rayscope exporter {__version__}")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535, for example --port 9475")
    return int(text)


def _prefixes(text: str) -> tuple[str, ...]:
    return tuple(prefix.strip() for prefix in text.split(",") if prefix.strip())
