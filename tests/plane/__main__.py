"""The plane by hand: get its parts, or run one to play with."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.plane import Plane, assets, catalogue
from tests.plane.cache import root
from tests.plane.catalogue import Program
from tests.plane.versions import VERSIONS


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "assets":
            _assets(catalogue.TOOLS if options.tools else ())
        else:
            _up(options.dir, options.kuberay)
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.plane",
        description="A Kubernetes control plane of plain processes, with the KubeRay operator: no containers, no root.",
        epilog="$KUBEBUILDER_ASSETS and PATH are looked into first; the cache is ~/.cache/rayscope or $RAYSCOPE_CACHE.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parts = commands.add_parser("assets", help="fetch or build what is missing, and tell where everything is")
    parts.add_argument(
        "--tools", action="store_true", help="also what the chart, rules and dashboards are checked with"
    )
    up = commands.add_parser("up", help="run one in the foreground until Ctrl-C")
    up.add_argument("--dir", type=Path, help="keep its state, logs and kubeconfig in this directory")
    up.add_argument("--kuberay", default=VERSIONS.kuberay, metavar="VERSION", help="default: %(default)s")
    return parser


def _assets(tools: tuple[Program, ...]) -> None:
    assets.ensure()
    for tool in tools:
        assets.program(tool)
    print(f"cache: {root()}")
    for part in (*catalogue.PARTS, *tools):
        print(f"{part.name:<26} {part.version:<9} {assets.origin(part)}")


def _up(directory: Path | None, kuberay: str) -> None:
    with Plane(directory=directory, kuberay=kuberay) as plane:
        print(f"export KUBECONFIG={plane.kubeconfig}")
        print(f"# KubeRay's samples: {plane.samples}")
        print(f"# logs: {plane.directory}; Ctrl-C ends it", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
