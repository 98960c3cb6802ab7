"""Clusters by hand: one up, one down, and the images of the tests."""

import argparse
import sys

from tests.kind import daemon, images
from tests.kind.cluster import NAME, Cluster


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "up":
        _up(options.name, options.workers)
    elif options.command == "down":
        Cluster(options.name).down()
    else:
        _images(options.load)
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
    made = commands.add_parser("images", help="have every image that tests run, and print their tags")
    made.add_argument("--load", metavar="NAME", help="and load them into this cluster")
    return parser


def _up(name: str, workers: int) -> None:
    cluster = Cluster(name, workers=workers)
    cluster.up()
    print(f"export KUBECONFIG={cluster.kubeconfig}")


def _images(load: str | None) -> None:
    daemon.ensure()
    for make in images.ALL:
        tag = make()
        print(tag, flush=True)
        if load:
            Cluster(load).load(tag)


if __name__ == "__main__":
    sys.exit(main())
