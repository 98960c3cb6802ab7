"""`rayscope render`: what the operator would create beside a service, as manifests, without a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from rayscope.cli import monitors as monitor_files
from rayscope.cli.monitors import Monitors
from rayscope.cli.offline import (
    NOT_OWNED,
    UNCHECKED,
    found_services,
    offline,
    print_manifests,
    service_of,
    taken,
)
from rayscope.inject import recorded_payload
from rayscope.manifests.objects import RayObject
from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.service import Service
from rayscope.render.children import render
from rayscope.render.exporter import exporter
from rayscope.render.settings import Settings
from rayscope.zipapp import Zipapp, build


@click.command(
    context_settings={"max_content_width": 100},
    short_help="Print what the operator would create for a service, without a cluster.",
)
@monitor_files.option
@click.option("--namespace", "-n", metavar="NAME", help="Where it lives, if its manifest does not say.")
@click.option(
    "--uid",
    metavar="UID",
    help="The RayService's uid in the cluster: all but the shared ConfigMap is deleted with it then.",
)
@click.option("--no-exporter", is_flag=True, help="Leave out the ConfigMap with the exporter's program.")
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", help="Form; YAML by default, JSON as a List."
)
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|-...")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    files: tuple[str, ...],
    monitors: Monitors,
    namespace: str | None,
    uid: str | None,
    no_exporter: bool,
    output: str,
) -> None:
    """Print what the operator would create beside the RayServices and RayClusters in files: the ConfigMap with the
    exporter, and what a Prometheus scrapes and evaluates.

    For clusters in which no operator runs: with `rayscope inject` this is all that Rayscope does for a service, frozen.
    Pods are selected by the label that the injection gives them. A RayCluster of no service is rendered under its
    own name.

    \b
    Everything for one service:
      rayscope inject service.yaml | kubectl apply -f -
      rayscope render service.yaml | kubectl apply -f -
    To look at the monitor alone, with the settings of a VLLMMonitor:
      rayscope render --no-exporter --monitor monitor.yaml service.yaml
    Owned by the service, so that all but the ConfigMap, which services share, goes with it:
      rayscope render --uid "$(kubectl get rayservice llm -o jsonpath={.metadata.uid})" service.yaml

    It exits with 0, or with 2 and the reason where an input cannot be used.
    """
    found = list(found_services(files))
    if uid and len(found) > 1:
        raise click.UsageError("--uid is one RayService's, and there are several manifests here.")
    zipapp = build()
    notes: list[str] = []
    wanted: list[tuple[Service, MonitorSpec]] = []
    for one in found:
        service = service_of(one, namespace, uid)
        monitor = monitors.of(service.key.name)
        wanted.append((service, monitor))
        notes += [*_notes(one, service, zipapp.digest), *([UNCHECKED] if monitor.rules.slo else ())]
    monitors.complete()
    exporters = [] if no_exporter else _exporters(wanted, zipapp)
    children = [child for each in wanted for child in _children(*each, zipapp.digest)]
    print_manifests([offline(made) for made in (*exporters, *children)], dict.fromkeys(notes), output)


def _exporters(wanted: Iterable[tuple[Service, MonitorSpec]], zipapp: Zipapp) -> Iterator[Manifest]:
    """One for each namespace with a service that is injected."""
    places = dict.fromkeys(service.key.namespace for service, monitor in wanted if monitor.injection.enabled)
    return (exporter(place, zipapp.digest, zipapp.data) for place in places)


def _children(service: Service, monitor: MonitorSpec, digest: str) -> Iterator[Manifest]:
    return render(service, [], monitor, Settings(digest), taken(monitor))


def _notes(found: RayObject, service: Service, digest: str) -> Iterator[str]:
    if not service.uid:
        yield NOT_OWNED
    payload = recorded_payload(found.cluster)
    if payload and payload.exporter != digest:
        yield (
            f"{service.key.name} was injected with exporter {payload.exporter}, this version has {digest}: keep the "
            "ConfigMap of the former, or strip and inject anew."
        )
