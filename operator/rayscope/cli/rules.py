"""`rayscope rules`: what a Prometheus evaluates, as manifests or as plain rule files, without a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from rayscope.cli import monitors as monitor_files
from rayscope.cli.files import show
from rayscope.cli.monitors import Monitors
from rayscope.cli.offline import NOT_OWNED, UNCHECKED, found_services, offline, print_manifests, service_of, taken
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.service import Service
from rayscope.render.rules.prometheusrule import installation_prometheus_rule, service_prometheus_rule
from rayscope.render.rules.text import rule_file

RULE_FILE = "rule-file"


@click.group(short_help="Print recording rules, alerts and SLOs.")
def command() -> None:
    """What a Prometheus evaluates: see docs/rules.md."""


@command.command(context_settings={"max_content_width": 100}, short_help="Print them, without a cluster.")
@click.option("--global", "installation", is_flag=True, help="Those of the installation, the same for all services.")
@monitor_files.option
@click.option("--namespace", "-n", metavar="NAME", help="Where it lives, if its manifest does not say.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json", RULE_FILE]),
    default="yaml",
    help="PrometheusRules as YAML, the default, or as a JSON List; or a file for a Prometheus without its operator.",
)
@click.argument("files", nargs=-1, metavar="[FILE|DIR|-]...")
def render(
    *, files: tuple[str, ...], installation: bool, monitors: Monitors, namespace: str | None, output: str
) -> None:
    """Print the rules of the RayServices in files, or those of the installation, on which they build.

    \b
    The recorded series, and the alerts on Rayscope itself:
      rayscope rules render --global | kubectl apply -n monitoring -f -
    The alerts of a service, and its objectives:
      rayscope rules render --monitor monitor.yaml service.yaml
    For a Prometheus that reads files:
      rayscope rules render --global -o rule-file > rayscope.rules.yaml

    It exits with 0, or with 2 and the reason where an input cannot be used.
    """
    if installation == bool(files):
        raise click.UsageError("Give files with RayServices, or --global.")
    notes: dict[str, None] = {}
    rules = (
        [installation_prometheus_rule(namespace)]
        if installation
        else list(_services(files, monitors, namespace, notes))
    )
    monitors.complete()
    if output == RULE_FILE:
        groups = [group for rule in rules for group in rule["spec"]["groups"]]
        show("".join(f"# {note}\n" for note in notes if note != NOT_OWNED) + rule_file(groups))
    else:
        print_manifests(rules, notes, output)


def _services(
    files: Iterable[str], monitors: Monitors, namespace: str | None, notes: dict[str, None]
) -> Iterator[Manifest]:
    for one in found_services(files):
        service = service_of(one, namespace, None)
        monitor = monitors.of(service.key.name)
        notes |= dict.fromkeys(_notes(service, monitor))
        yield offline(service_prometheus_rule(service, [], monitor, taken(monitor), monitor.scrape.labels))


def _notes(service: Service, monitor: MonitorSpec) -> Iterator[str]:
    if not service.uid:
        yield NOT_OWNED
    if monitor.rules.slo:
        yield UNCHECKED
