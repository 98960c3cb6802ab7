"""`rayscope dashboards`: the dashboards that the chart installs, for people who bring them to Grafana themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from rayscope.cli.files import show, write
from rayscope.dashboards.configmaps import config_map
from rayscope.dashboards.packaged import Packaged, packaged
from rayscope.render.text import text


@click.group(short_help="Export the Grafana dashboards.")
def command() -> None:
    """The Grafana dashboards that come with Rayscope."""


def _chosen(_: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> Sequence[Packaged]:
    """All of them, unless some are named."""
    known = {dashboard.name: dashboard for dashboard in packaged()}
    for name in names:
        if name not in known:
            raise click.BadParameter(f"there is no dashboard {name}, but {', '.join(known)}.", param=parameter)
    return [known[name] for name in dict.fromkeys(names or known)]


@command.command(short_help="Write them as files for Grafana, or as ConfigMaps.")
@click.option(
    "--dir",
    "directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a file for each into this directory, which is made where it is missing.",
)
@click.option("--configmaps", is_flag=True, help="As ConfigMaps with the label that Grafana's sidecar looks for.")
@click.argument("dashboards", nargs=-1, metavar="[NAME]...", callback=_chosen)
def export(*, dashboards: Sequence[Packaged], directory: Path | None, configmaps: bool) -> None:
    """Write dashboards, all of them unless some are named, without a cluster.

    \b
    For Grafana's provisioning, or to import by hand:
      rayscope dashboards export --dir dashboards
    One of them, to standard output:
      rayscope dashboards export service
    Beside a Grafana with the sidecar of its chart, where Rayscope's own chart is not used:
      rayscope dashboards export --configmaps | kubectl apply -n monitoring -f -
    """
    texts = {dashboard.file: dashboard.text for dashboard in dashboards}
    if configmaps:
        texts = {f"{dashboard.name}.yaml": text(config_map(dashboard)) for dashboard in dashboards}
    if directory:
        _write(directory, texts)
    elif configmaps:
        show("---\n" + "---\n".join(texts.values()))
    elif len(texts) == 1:
        show(*texts.values())
    else:
        raise click.UsageError(f"Name one of them, or a directory with --dir: {', '.join(d.name for d in dashboards)}.")


def _write(directory: Path, texts: Mapping[str, str]) -> None:
    for name, content in texts.items():
        path = directory / name
        try:
            directory.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
        if trouble := write(path, content):
            raise click.ClickException(f"{trouble.name}: {trouble.message}")
        click.echo(path)
