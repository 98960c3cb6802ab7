"""`rayscope uninstall`: what is left of Rayscope when it is uninstalled, taken away with the caller's own rights."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from rayscope.cli.access import Access, access_options, run
from rayscope.cli.confirmation import confirmed
from rayscope.cli.duration import Duration
from rayscope.model.names import MANAGER

if TYPE_CHECKING:
    from rayscope.kube.api import Api
    from rayscope.model.service import Key

REFUSED = 1
PAUSE = 1.0


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option(
    "-n", "--namespace", metavar="NAME", default=MANAGER, help="The namespace that Rayscope was installed in."
)
@click.option(
    "--watch-namespace",
    "namespaces",
    metavar="NAME",
    multiple=True,
    help="Look for monitors and exporters only there; may be repeated. Without it: everywhere.",
)
@click.option("--lease", metavar="NAME", default=MANAGER, help="The Lease by which the leader was elected.")
@click.option("--timeout", type=Duration(), default="30s", help="How long to wait for the last leader to end.")
@click.option("--dry-run", is_flag=True, help="Tell what there is; delete nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@access_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    namespace: str,
    namespaces: tuple[str, ...],
    lease: str,
    timeout: float,
    dry_run: bool,
    yes: bool,
    kubeconfig: str | None,
    kube_context: str | None,
) -> None:
    """Take away what Rayscope has made, after it was uninstalled.

    The monitors, rules and Services beside the services, the exporters that nothing mounts, and in Rayscope's own
    namespace its certificates and its Lease. No pod is touched. An exporter that a RayCluster or a pod mounts stays
    (run it again when they are gone), and so does one that somebody else has written (`rayscope render`, into git).
    VLLMMonitors go with their CustomResourceDefinition, which is yours to delete.

    \b
      helm uninstall rayscope -n rayscope
      rayscope uninstall -n rayscope --dry-run
      rayscope uninstall -n rayscope --yes

    It exits with 0 when nothing is left that may go, with 1 while Rayscope still runs (it would make everything again)
    or where nothing was confirmed, and with 2 when the cluster is out of reach or you may not.
    """
    from rayscope.model.service import Key  # noqa: PLC0415 - takes a moment that `--help` should not

    place, access = Key(namespace, lease), Access(kubeconfig, kube_context)
    sys.exit(run(access, lambda api: _uninstall(api, place, namespaces, timeout, dry_run=dry_run, yes=yes)))


async def _uninstall(  # noqa: PLR0913 - what the caller asks for
    api: Api, lease: Key, namespaces: tuple[str, ...], patience: float, *, dry_run: bool, yes: bool
) -> int:
    from rayscope.control.removal import leftovers, remove  # noqa: PLC0415 - takes a moment that `--help` should not

    found = await leftovers(api, lease, namespaces)
    for each in found:
        click.echo(str(each.ref))
    if dry_run or not found:
        click.echo("Nothing was deleted (--dry-run)." if found else "Nothing is left that may go.")
        return 0
    if holder := await _still_leading(api, lease, patience):
        click.echo(f"Rayscope still runs ({holder} leads), and would make all of it again.", err=True)
        click.echo(f"Next: helm uninstall rayscope -n {lease.namespace}", err=True)
        return REFUSED
    if not confirmed(f"Delete these {len(found)} objects?", yes=yes):
        click.echo("Nothing was deleted.", err=True)
        return REFUSED
    for each in found:
        await remove(api, each)
    click.echo(f"{len(found)} objects are deleted.")
    return 0


async def _still_leading(api: Api, lease: Key, patience: float) -> str | None:
    """Who leads when PATIENCE seconds are over; None as soon as nobody does."""
    from rayscope.control.removal import leader  # noqa: PLC0415 - takes a moment that `--help` should not

    holder = await leader(api, lease, datetime.now(UTC))
    try:
        async with asyncio.timeout(patience):
            while holder:
                await asyncio.sleep(PAUSE)
                holder = await leader(api, lease, datetime.now(UTC))
    except TimeoutError:
        return holder
    return None
