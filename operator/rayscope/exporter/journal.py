"""What the exporter tells whoever reads the container's log: one line a fact, on stderr.

`logging` costs more than a megabyte and ten milliseconds for the same line.
"""

from __future__ import annotations

import contextlib
import sys


def say(fact: str) -> None:
    """Write one line. Where nobody can be told (stderr closed, a pipe without reader), numbers go on all the same."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"rayscope-exporter: {fact}\n")
            sys.stderr.flush()


def say_failure(error: BaseException) -> None:
    """Write where a mistake of ours was made, for the report of it."""
    import traceback  # noqa: PLC0415 - 5 ms and half a megabyte that are hardly ever needed

    for line in "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines():
        say(line)
