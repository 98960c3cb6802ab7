"""The shell loop around the exporter: its code and its reasons are in `loop.sh`; here is what goes into the pod.

Without comments and blank lines, because every node group of every cluster carries a copy.
"""

from __future__ import annotations

from importlib.resources import files

_SOURCE = files("rayscope.inject").joinpath("loop.sh").read_text(encoding="utf-8")

LOOP = "".join(line for line in _SOURCE.splitlines(keepends=True) if line.strip() and not line.lstrip().startswith("#"))
"""For `/bin/sh -c LOOP rayscope-exporter PROGRAM [ARGUMENT...]`."""
