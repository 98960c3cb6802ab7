"""Measure, and print one JSON object a line: ratios of one run. Nothing is asserted."""

import argparse
import json
from importlib import import_module

BENCHES = ("webhook", "scrape", "stall", "latency", "converge")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", default=BENCHES, help=f"of {', '.join(BENCHES)}")
    for name in parser.parse_args().names:
        for line in import_module(f"tests.bench.{name}").lines():
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
