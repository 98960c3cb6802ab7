"""A question before what cannot be taken back; who cannot be asked must have said `--yes`."""

from __future__ import annotations

import sys

import click


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to go on. A UsageError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask on: give --yes, or --dry-run.")
    return click.confirm(question)
