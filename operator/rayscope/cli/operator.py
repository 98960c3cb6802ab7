"""`rayscope operator`: the operator's options, and what the process tells when it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import re
import socket
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rayscope.control.options import EVERYWHERE, WEBHOOK_NAME, Options
from rayscope.model.names import MANAGER, WEBHOOK_CONFIGURATION

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
LOOPBACK = "127.0.0.1"

YOUNG = 50_000
"""Objects between two collections of the young ones: Python's 700 were chosen for programs that make fewer at once."""

log = logging.getLogger("rayscope")


def _namespace() -> str:
    """Where we run: the pod tells, or the service account; elsewhere a name that is free."""
    given = os.environ.get("POD_NAMESPACE")
    return given or (NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else "rayscope-system")


def _labels(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    """`release=prometheus,team=ml`, once or repeated."""
    pairs = [pair for part in given for pair in part.split(",") if pair]
    for pair in pairs:
        if not re.fullmatch(r"[^=\s]+=[^=\s]*", pair):
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.option(
    "--namespace",
    metavar="NAME",
    default=_namespace,
    show_default="the pod's",
    help="Rayscope's own namespace: its Lease, its certificates, and the exporters that it publishes.",
)
@click.option(
    "--watch-namespace",
    "watch_namespaces",
    metavar="NAME",
    multiple=True,
    help="Look for RayServices only there; may be repeated. Without it: everywhere.",
)
@click.option(
    "--monitor-labels",
    metavar="KEY=VALUE",
    multiple=True,
    callback=_labels,
    help="Labels for every monitor, for a Prometheus that selects by labels, e.g. release=prometheus.",
)
@click.option(
    "--webhook/--no-webhook",
    default=True,
    help="Serve the admission webhook. Without it: for `rayscope inject`, and namespaced rights.",
)
@click.option(
    "--webhook-address",
    metavar="ADDRESS",
    default=None,
    show_default="all, IPv4 and IPv6",
    help="Where the admission webhook listens; its certificate names it, too.",
)
@click.option(
    "--webhook-port",
    metavar="PORT",
    default=9443,
    type=click.IntRange(0, 65535),
    help="Port of the admission webhook; 0: any free one (with --dev).",
)
@click.option(
    "--webhook-service",
    metavar="NAME",
    default=WEBHOOK_NAME,
    help="The Service by which the API server reaches the webhook.",
)
@click.option(
    "--webhook-configuration",
    metavar="NAME",
    default=WEBHOOK_CONFIGURATION,
    help="The MutatingWebhookConfiguration whose caBundle is kept right.",
)
@click.option(
    "--cert-secret",
    metavar="NAME",
    default=WEBHOOK_NAME,
    help="The Secret in which the replicas share the webhook's certificates, made and renewed by Rayscope.",
)
@click.option(
    "--cert-dir",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take tls.crt and tls.key from there instead, as cert-manager's Secret is mounted; the caBundle is "
    "then somebody else's.",
)
@click.option(
    "--health-address",
    metavar="ADDRESS",
    default=None,
    show_default="all, IPv4 and IPv6",
    help="Where /healthz, /readyz and /metrics are served.",
)
@click.option(
    "--health-port",
    metavar="PORT",
    default=8080,
    type=click.IntRange(0, 65535),
    help="Port of /healthz, /readyz and /metrics; 0: any free one.",
)
@click.option("--lease", metavar="NAME", default=MANAGER, help="The Lease by which replicas elect their leader.")
@click.option(
    "--drain",
    metavar="SECONDS",
    default=0.0,
    type=click.FloatRange(0),
    help="How long the webhook still answers after SIGTERM, while the API server learns that it goes.",
)
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="A line, or a JSON object, each."
)
@click.option("--verbose", "-v", is_flag=True, help="Tell what is done in detail.")
@click.option(
    "--dev",
    is_flag=True,
    help="Run outside of the cluster, against the current kubeconfig: installs what is missing, registers the "
    "webhook by address, and takes both away at the end.",
)
@click.option(
    "--dev-address",
    metavar="ADDRESS",
    default=LOOPBACK,
    help="With --dev: this machine, as the API server reaches it. For kind, the gateway of its network.",
)
def command(  # noqa: PLR0913 - one parameter an option
    *,
    dev: bool,
    dev_address: str,
    webhook_address: str | None,
    health_address: str | None,
    log_format: str,
    verbose: bool,
    **given: Any,  # noqa: ANN401 - the rest of Options, checked by click
) -> None:
    """Run the operator, until SIGTERM or Ctrl-C.

    Every option can be given as an environment variable, too: RAYSCOPE_OPERATOR_WEBHOOK_PORT for --webhook-port.
    The cluster is the one of $KUBECONFIG, of the pod's service account, or of ~/.kube/config, in this order.

    \b
    In a cluster, as deploy/ installs it:
      rayscope operator --drain 5
    From a checkout, with a cluster whose API server runs on this machine:
      rayscope operator --dev
    The same, with kind (the address is the gateway of the "kind" network):
      rayscope operator --dev --dev-address 172.18.0.1

    It exits with 0 when asked to end, and with 1, and the reason, when anything else ended it.
    """
    gc.set_threshold(YOUNG)
    _log(log_format, verbose=verbose)
    here = dev_address if dev else EVERYWHERE
    options = Options(
        identity=f"{os.environ.get('POD_NAME') or socket.gethostname()}_{uuid.uuid4().hex[:8]}",
        webhook_address=webhook_address or here,
        health_address=health_address or (LOOPBACK if dev else EVERYWHERE),
        dev_address=dev_address if dev else None,
        **given,
    )
    sys.exit(_run(options))


def _log(log_format: str, *, verbose: bool) -> None:
    import kopf  # noqa: PLC0415 - takes a moment that `--help` should not

    formats = {"text": kopf.LogFormat.FULL, "json": kopf.LogFormat.JSON}
    kopf.configure(verbose=verbose, log_format=formats[log_format], log_refkey="object")


def _run(options: Options) -> int:
    from rayscope.control.operator import run  # noqa: PLC0415 - takes a moment that `--help` should not
    from rayscope.control.reasons import expected, innermost  # noqa: PLC0415

    gc.freeze()  # the code is never garbage, and most of what there is
    try:
        asyncio.run(run(options))
    except Exception as end:
        cause = innermost(end)
        log.critical("Rayscope ends: %s: %s", type(cause).__name__, cause, exc_info=None if expected(cause) else end)
        return 1
    return 0
