"""`rayscope render`: what the operator would create beside a service, as manifests, without a cluster."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import click
import yaml

from rayscope.cli import monitors as monitor_files
from rayscope.cli.files import Trouble, read, show
from rayscope.cli.monitors import Monitors
from rayscope.inject import recorded_payload
from rayscope.manifests.objects import RAY_SERVICE, RayObject, ray_objects
from rayscope.manifests.source import documents
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.monitor import MonitorSpec
from rayscope.model.service import Service
from rayscope.render.children import LONGEST_NAME, render
from rayscope.render.settings import Settings
from rayscope.zipapp import Zipapp, build

NOT_OWNED = "ownerReferences are left out, as the RayService's uid is not known here: delete these objects with it."


@click.command(
    context_settings={"max_content_width": 100},
    short_help="Print what the operator would create for a service, without a cluster.",
)
@monitor_files.option
@click.option("--namespace", "-n", metavar="NAME", help="Where it lives, if its manifest does not say.")
@click.option(
    "--uid", metavar="UID", help="The RayService's uid in the cluster: its children are deleted with it then."
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
    exporter, and what tells a Prometheus.

    For clusters in which no operator runs: with `rayscope inject` this is all that Rayscope does for a service, frozen.
    Pods are selected by the label that the injection gives them. A RayCluster of no service is rendered under its
    own name.

    \b
    Everything for one service:
      rayscope inject service.yaml | kubectl apply -f -
      rayscope render service.yaml | kubectl apply -f -
    To look at the monitor alone, with the settings of a VLLMMonitor:
      rayscope render --no-exporter --monitor monitor.yaml service.yaml
    Owned by the service, so that it goes with it:
      rayscope render --uid "$(kubectl get rayservice llm -o jsonpath={.metadata.uid})" service.yaml

    It exits with 0, or with 2 and the reason where an input cannot be used.
    """
    found = list(_found(files))
    if uid and len(found) > 1:
        raise click.UsageError("--uid is one RayService's, and there are several manifests here.")
    zipapp = build()
    notes: list[str] = []
    children: list[Manifest] = []
    for one in found:
        service = _service(one, namespace, uid)
        monitor = monitors.of(service.key.name)
        notes += _notes(one, service, zipapp.digest)
        children += (_offline(child) for child in _children(service, monitor, zipapp, exporter=not no_exporter))
    monitors.complete()
    _print(children, dict.fromkeys(notes), output)


def _found(files: Iterable[str]) -> Iterator[RayObject]:
    for given in read(files):
        if isinstance(given, Trouble):
            raise click.UsageError(f"{given.name}: {given.message}")
        try:
            found = list(ray_objects(documents(given.text)))
        except yaml.YAMLError as trouble:
            raise click.UsageError(f"{given.name}: it is no YAML: {' '.join(str(trouble).split())}") from trouble
        if not found:
            raise click.UsageError(f"{given.name} has no RayService or RayCluster.")
        yield from found


def _service(found: RayObject, namespace: str | None, uid: str | None) -> Service:
    """The service of a manifest; without its status, which is only true for now."""
    name = service_name(found.manifest) or found.name
    if not 0 < len(name) <= LONGEST_NAME:
        raise click.UsageError(f"{found.kind} {name!r} needs a metadata.name of at most {LONGEST_NAME} characters.")
    known = mapping(found.manifest, "metadata").get("uid") if found.kind == RAY_SERVICE else None
    metadata = {"name": name, "namespace": found.namespace or namespace or "", "uid": uid or known or ""}
    return Service.of({"metadata": metadata})


def _children(service: Service, monitor: MonitorSpec, zipapp: Zipapp, *, exporter: bool) -> Iterator[Manifest]:
    zipapps = {zipapp.digest: zipapp.data} if exporter else {}
    return render(service, [], monitor, Settings(zipapp.digest), zipapps)


def _offline(child: Manifest) -> Manifest:
    """Without what is not known here."""
    metadata = dict(child["metadata"])
    if not metadata["ownerReferences"][0]["uid"]:
        del metadata["ownerReferences"]
    if not metadata["namespace"]:
        del metadata["namespace"]
    return {**child, "metadata": metadata}


def _notes(found: RayObject, service: Service, digest: str) -> Iterator[str]:
    if not service.uid:
        yield NOT_OWNED
    payload = recorded_payload(found.cluster)
    if payload and payload.exporter != digest:
        yield (
            f"{service.key.name} was injected with exporter {payload.exporter}, this version has {digest}: keep the "
            "ConfigMap of the former, or strip and inject anew."
        )


def _print(children: list[Manifest], notes: Iterable[str], output: str) -> None:
    if output == "json":
        for note in notes:
            click.echo(note, err=True)
        show(json.dumps({"apiVersion": "v1", "kind": "List", "items": children}, indent=2) + "\n")
        return
    apart: list[Any] = json.loads(json.dumps(children))  # nothing shared, so no anchors
    header = "".join(f"# {note}\n" for note in notes)
    show(header + yaml.safe_dump_all(apart, sort_keys=False, explicit_start=True, width=math.inf))
