"""`rayscope rollout`: ask KubeRay for a new cluster, after telling what it costs; with the caller's own rights."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from rayscope.cli.access import NAMESPACE, Access, access_options, home, run
from rayscope.cli.confirmation import confirmed
from rayscope.cli.duration import Duration

if TYPE_CHECKING:
    from rayscope.kube.api import Api
    from rayscope.model.service import Key
    from rayscope.rollout.plan import Plan
    from rayscope.rollout.refusal import Refusal

REFUSED = 1


@dataclass(frozen=True)
class Wish:
    """What the caller asked for, besides the service."""

    yes: bool
    force: bool
    dry_run: bool
    wait: bool
    timeout: float


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.argument("service")
@NAMESPACE
@click.option("--wait", is_flag=True, help="Stay, and tell how far it has come, until the old cluster is gone.")
@click.option("--timeout", type=Duration(), default="30m", help="With --wait: how long.")
@click.option("--dry-run", is_flag=True, help="Tell what it would cost, and whether you may; change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask. Needed where there is no terminal.")
@click.option("--force", is_flag=True, help="Even if the new cluster would be as the old one.")
@access_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    service: str,
    namespace: str | None,
    wait: bool,
    timeout: float,
    dry_run: bool,
    yes: bool,
    force: bool,
    kubeconfig: str | None,
    kube_context: str | None,
) -> None:
    """Have KubeRay replace the cluster of SERVICE (a RayService), without downtime.

    For a cluster that was made before the label, while Rayscope's webhook was away, or with other settings. KubeRay
    makes a second cluster from the unchanged RayService, serves from it when it is ready, and deletes the first one. As
    long as both run, both cost: that is told first, and confirmed.

    \b
      rayscope rollout llm -n serving --dry-run
      rayscope rollout llm -n serving --wait

    It writes one annotation of the RayCluster, as you: it takes the right to patch rayclusters. It exits with 0 when
    KubeRay is asked (with --wait: when the rollout is done), with 1 and the reason when it is refused or not done in
    time, and with 2 when the cluster is out of reach.
    """
    from rayscope.model.service import Key  # noqa: PLC0415 - takes a moment that `--help` should not

    access = Access(kubeconfig, kube_context)
    key = Key(namespace or home(access), service)
    wish = Wish(yes=yes, force=force, dry_run=dry_run, wait=wait, timeout=timeout)
    sys.exit(run(access, lambda api: _rollout(api, key, wish)))


async def _rollout(api: Api, key: Key, wish: Wish) -> int:
    from rayscope.rollout.plan import Plan, plan  # noqa: PLC0415 - takes a moment that `--help` should not
    from rayscope.rollout.request import request  # noqa: PLC0415

    decided = await plan(api, key, force=wish.force)
    if not isinstance(decided, Plan):
        return _refused(key, decided)
    _tell(key, decided)
    await request(api, decided.cluster, datetime.now(UTC), dry_run=True)  # whether the caller may, before they decide
    if wish.dry_run:
        click.echo("Nothing was changed (--dry-run); you may do it.")
        return 0
    if not confirmed("Do it?", yes=wish.yes):
        click.echo("Nothing was changed.", err=True)
        return REFUSED
    await request(api, decided.cluster, datetime.now(UTC))
    click.echo("KubeRay is asked for it.")
    return await _waited(api, key, decided, wish.timeout) if wish.wait else _told_how_to_follow(key)


def _refused(key: Key, why: Refusal) -> int:
    click.echo(f"RayService {key}: {why.reason}: {why.message}", err=True)
    click.echo(f"Next: {why.next}", err=True)
    return REFUSED


def _tell(key: Key, decided: Plan) -> None:
    click.echo(f"RayService {key}: KubeRay makes a new RayCluster in place of {decided.old}.")
    for line in decided.remarks:
        click.echo(line)
    click.echo("Until the old one is gone, the service needs as much again as the new one asks for:")
    width = max(len(name) for name, _ in decided.price)
    for name, amount in decided.price:
        click.echo(f"  {name:<{width}}  {amount}")


def _told_how_to_follow(key: Key) -> int:
    click.echo(f"Follow it with: rayscope status -n {key.namespace}")
    return 0


async def _waited(api: Api, key: Key, decided: Plan, seconds: float) -> int:
    from rayscope.rollout.progress import watch  # noqa: PLC0415 - takes a moment that `--help` should not

    last = None
    try:
        async with asyncio.timeout(seconds):
            async for last in watch(api, key, decided.old):
                click.echo(f"{datetime.now(UTC):%H:%M:%S} {last}")
    except TimeoutError:
        click.echo(f"Not done within {seconds:g} s. It goes on without this command. {last or ''}".rstrip(), err=True)
        click.echo(f"Next: kubectl describe rayservice {key.name} -n {key.namespace}", err=True)
        return REFUSED
    if last is None or not last.done:
        click.echo(f"RayService {key} is gone.", err=True)
        return REFUSED
    return 0
