"""`rayscope version`: what is installed here, in a form that goes into a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from rayscope import __version__
from rayscope.zipapp import build

LIBRARIES = ("kopf", "kubernetes", "aiohttp")


@click.command()
def command() -> None:
    """Show the versions of Rayscope, its exporter, Python and the libraries that matter."""
    click.echo(f"rayscope {__version__}")
    click.echo(f"exporter {build().digest}")
    click.echo(f"python {platform.python_version()}")
    for library in LIBRARIES:
        click.echo(f"{library} {_installed(library)}")


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
