"""`rayscope inject`: into manifests in git, what the webhook would inject at admission."""

from __future__ import annotations

import sys
from typing import Any

import click
from pydantic import ValidationError

from rayscope.cli import monitors as monitor_files
from rayscope.cli.monitors import Monitors
from rayscope.cli.rewriting import Output, options, run
from rayscope.manifests import RayObject, injecting
from rayscope.model.cluster import service_name
from rayscope.model.monitor import Injection
from rayscope.model.payload import Payload
from rayscope.zipapp import build


@click.command(
    context_settings={"max_content_width": 100}, short_help="Inject the exporter into manifests, by added lines alone."
)
@options
@monitor_files.option
@click.option(
    "--exporter-digest",
    metavar="DIGEST",
    help="The exporter that pods mount, ten hex digits. Default: this version's, as `rayscope version` shows it.",
)
@click.option("--port", type=int, help="The exporter's port. Default: 9475.")
@click.option(
    "--families",
    metavar="PREFIX,...",
    help="Metric families that it passes on, by prefix; '' for all. Default: vllm:,lmcache:.",
)
@click.option("--image", help="Its image. Default: the Ray container's own.")
@click.option("--volume-size", metavar="SIZE", help="Size limit of the shared directory. Default: 256Mi.")
def command(files: tuple[str, ...], monitors: Monitors, exporter_digest: str | None, **given: Any) -> None:  # noqa: ANN401 - options, checked by click
    """Put into RayServices and RayClusters in files what Rayscope's webhook would inject at admission.

    For installations without the webhook. Naming a file is the opt-in: the label rayscope.dev/monitor=vllm is added
    where it is missing. The diff has added lines alone, and `rayscope strip` takes exactly these out again. An empty
    list or object (`env: []`) makes its line longer, which is told; anything else in brackets (flow style) is refused,
    if something must be added there. JSON is written anew, as it was laid out.

    To a service that runs, it is a change like any other: KubeRay makes a new cluster for it, beside the old one.

    \b
    See what would change:
      rayscope inject --diff service.yaml
    Change every manifest below a directory:
      rayscope inject -i deploy/
    In CI, fail if somebody forgot to:
      rayscope inject --check --report deploy/
    In a pipe, with the settings of a VLLMMonitor:
      kustomize build . | rayscope inject --monitor monitor.yaml - | kubectl apply -f -

    \b
    Exit codes:
      0  everything is injected, or was before
      1  a manifest or node group was skipped; with --check also: something would change
      2  an input cannot be read, or not be changed without writing it anew; other files are changed nevertheless
    """
    wanted = Output(**{name: given.pop(name) for name in ("in_place", "diff", "check", "report", "output")})
    own = {name: value for name, value in given.items() if value is not None}
    if own and monitors.specs:
        raise click.UsageError("Settings come from --monitor or from options, not from both.")
    payloads = _Payloads(monitors, exporter_digest or build().digest, own)
    sys.exit(run(files, injecting(payloads.of), wanted, monitors.complete))


class _Payloads:
    """What is injected, by service."""

    def __init__(self, monitors: Monitors, digest: str, own: dict[str, Any]) -> None:
        self._monitors = monitors
        if "families" in own:
            own = {**own, "families": tuple(filter(None, own["families"].split(",")))}
        try:
            self._defaults = Payload(**{**Payload.of(Injection(), digest).model_dump(), **own})
        except ValidationError as trouble:
            wrong = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in trouble.errors())
            raise click.UsageError(f"Not possible: {wrong}") from trouble

    def of(self, found: RayObject) -> Payload | None:
        service = service_name(found.manifest) or found.name
        wanted = self._monitors.of(service).injection
        if service not in self._monitors.specs:
            return self._defaults
        return Payload.of(wanted, self._defaults.exporter) if wanted.enabled else None
