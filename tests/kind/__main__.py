"""Clusters by hand: one up, one down."""

import argparse
import sys

from tests.kind.cluster import NAME, Cluster


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "up":
        _up(options.name, options.workers)
    else:
        Cluster(options.name).down()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.kind",
        description="kind clusters whose nodes and images are made here where no registry is reached.",
        epilog="$NODE_IMAGE is an ordinary node image of kind; the cache is ~/.cache/rayscope or $RAYSCOPE_CACHE.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="have a cluster, and print its KUBECONFIG")
    up.add_argument("--workers", type=int, default=0, metavar="N", help="nodes besides the control plane's")
    down = commands.add_parser("down", help="delete a cluster")
    for command in (up, down):
        command.add_argument("--name", default=NAME, help="default: %(default)s")
    return parser


def _up(name: str, workers: int) -> None:
    cluster = Cluster(name, workers=workers)
    cluster.up()
    print(f"export KUBECONFIG={cluster.kubeconfig}")


if __name__ == "__main__":
    sys.exit(main())
