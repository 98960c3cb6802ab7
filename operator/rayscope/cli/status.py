"""`rayscope status`: all labelled services at a glance, in a table as kubectl's, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from rayscope.cli.access import NAMESPACE, OUTPUT, Access, Unreachable, access_options, home, run

if TYPE_CHECKING:
    from rayscope.diagnosis.overview import ServiceView
    from rayscope.kube.api import Api

HEADER = ("NAMESPACE", "SERVICE", "CLUSTER", "ROLE", "INJECTED", "SOURCE", "MONITOR", "REASON")
NONE = "-"


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@NAMESPACE
@click.option("-A", "--all-namespaces", is_flag=True, help="Everywhere.")
@OUTPUT
@access_options
def command(
    *,
    namespace: str | None,
    all_namespaces: bool,
    output: str,
    kubeconfig: str | None,
    kube_context: str | None,
) -> None:
    """Show the labelled services: a line for each of their clusters.

    INJECTED is pods with an exporter, of all. SOURCE is where vLLM's metrics were seen, MONITOR whether there is one
    for Prometheus, REASON what is not right: `rayscope doctor SERVICE` tells more about it.

    \b
      rayscope status -A
    """
    access = Access(kubeconfig, kube_context)
    where = None if all_namespaces else namespace or home(access)
    views = run(access, lambda api: _views(api, where))
    if output == "json":
        click.echo(json.dumps({"services": [view.document() for view in views]}, indent=2))
    elif views:
        click.echo("\n".join(aligned([HEADER, *(row for view in views for row in rows(view))])))
    else:
        click.echo(f"No labelled RayService {'anywhere' if where is None else f'in namespace {where}'}.", err=True)


async def _views(api: Api, namespace: str | None) -> list[ServiceView]:
    from rayscope.diagnosis.overview import survey  # noqa: PLC0415 - takes a moment that `--help` should not
    from rayscope.kube.errors import KindMissing  # noqa: PLC0415

    try:
        return await survey(api, namespace)
    except KindMissing:
        raise Unreachable("RayService (ray.io/v1) is not installed in this cluster") from None


def rows(view: ServiceView) -> Iterator[tuple[str, ...]]:
    """A service's lines."""
    monitor = "yes" if view.monitors else "no"
    tail = (view.source or NONE, monitor, view.reason or NONE)
    if not view.clusters:
        yield (view.namespace, view.name, NONE, NONE, NONE, *tail)
    for cluster in view.clusters:
        yield (view.namespace, view.name, cluster.name, cluster.role, f"{cluster.injected}/{cluster.total}", *tail)


def aligned(table: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns with three blanks between, and none at the end."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
