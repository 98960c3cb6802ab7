"""`rayscope strip`: out of manifests in git again what `rayscope inject` has put in."""

from __future__ import annotations

import sys

import click

from rayscope.cli.rewriting import Output, options, run
from rayscope.manifests import stripping


@click.command(
    context_settings={"max_content_width": 100}, short_help="Take out of manifests what `rayscope inject` put in."
)
@options
def command(  # noqa: PLR0913 - one parameter an option
    *, files: tuple[str, ...], in_place: bool, diff: bool, check: bool, report: bool, output: str | None
) -> None:
    """Take out of RayServices and RayClusters in files what `rayscope inject` has put in, and nothing else.

    The annotation rayscope.dev/payload says what that is. What was there before comes back to the byte; what somebody
    has changed or added since stays. The label rayscope.dev/monitor goes only if `inject` had added it.

    \b
    See what would go:
      rayscope strip --diff service.yaml
    Clean every manifest below a directory:
      rayscope strip -i deploy/
    Fail if something injected is left:
      rayscope strip --check deploy/

    \b
    Exit codes:
      0  nothing that was injected is left
      1  with --check: something would change
      2  an input cannot be read, or not be changed without writing it anew; other files are changed nevertheless
    """
    sys.exit(run(files, stripping, Output(in_place, diff, check, report, output)))
