"""Services in files, for commands that work without a cluster: read, and told what cannot be known there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import click
import yaml

from rayscope.cli.files import Trouble, read, show
from rayscope.manifests.objects import RAY_SERVICE, RayObject, ray_objects
from rayscope.manifests.source import documents
from rayscope.model.cluster import service_name
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.monitor import MonitorSpec
from rayscope.model.rules import Edges
from rayscope.model.service import Service
from rayscope.render.children import LONGEST_NAME
from rayscope.render.text import text

NOT_OWNED = (
    "ownerReferences are left out, as the RayService's uid is not known here: delete these objects with it, the "
    "ConfigMap with the last service of its namespace."
)
UNCHECKED = (
    "Whether thresholds of spec.rules.slo are edges of what the service exports is not known here: the operator leaves "
    "out those that are not."
)


def found_services(files: Iterable[str]) -> Iterator[RayObject]:
    """The RayServices and RayClusters in files; a usage error where one has none."""
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


def service_of(found: RayObject, namespace: str | None, uid: str | None) -> Service:
    """The service of a manifest; without its status, which is only true for now."""
    name = service_name(found.manifest) or found.name
    if not 0 < len(name) <= LONGEST_NAME:
        raise click.UsageError(f"{found.kind} {name!r} needs a metadata.name of at most {LONGEST_NAME} characters.")
    known = mapping(found.manifest, "metadata").get("uid") if found.kind == RAY_SERVICE else None
    metadata = {"name": name, "namespace": found.namespace or namespace or "", "uid": uid or known or ""}
    return Service.of({"metadata": metadata})


def taken(spec: MonitorSpec) -> Edges:
    """The thresholds themselves, taken for edges."""
    return {indicator: frozenset({objective.seconds}) for indicator, objective in spec.rules.slo or ()}


def offline(child: Manifest) -> Manifest:
    """Without what is not known here."""
    metadata = dict(child["metadata"])
    if not all(owner["uid"] for owner in metadata.get("ownerReferences", ())):
        del metadata["ownerReferences"]
    if not metadata["namespace"]:
        del metadata["namespace"]
    return {**child, "metadata": metadata}


def print_manifests(children: list[Manifest], notes: Iterable[str], output: str) -> None:
    """As YAML with the notes in front, or as a JSON List with the notes aside."""
    if output == "json":
        for note in notes:
            click.echo(note, err=True)
        show(json.dumps({"apiVersion": "v1", "kind": "List", "items": children}, indent=2) + "\n")
        return
    header = "".join(f"# {note}\n" for note in notes)
    show(header + "".join(f"---\n{text(child)}" for child in children))
