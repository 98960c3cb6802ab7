"""`rayscope exporter`: the exporter as it runs beside Ray, for trying it out by hand. It explains itself."""

from __future__ import annotations

import sys

import click

from rayscope.exporter.main import main


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    short_help="Serve a prometheus_client multiprocess directory as metrics.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Hand everything over: the zipapp in the pod takes the same arguments."""
    sys.exit(main(list(arguments)))
