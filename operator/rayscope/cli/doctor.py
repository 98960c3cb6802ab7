"""`rayscope doctor`: why a service has no metrics, step by step from the label to the scrape."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from rayscope.cli.access import NAMESPACE, OUTPUT, Access, Unreachable, access_options, home, run
from rayscope.cli.duration import Duration

if TYPE_CHECKING:
    from rayscope.diagnosis.walk import Diagnosis, Step
    from rayscope.kube.api import Api
    from rayscope.model.service import Key

COLOURS = {"ok": "green", "problem": "red", "waiting": "yellow", "unknown": "cyan", "skipped": "bright_black"}


@click.command(context_settings={"show_default": True, "max_content_width": 100})
@click.argument("service")
@NAMESPACE
@OUTPUT
@click.option("--timeout", type=Duration(), default="60s", help="For all steps together.")
@click.option(
    "--account",
    metavar="NAMESPACE/NAME",
    default=None,
    show_default="its Deployment's",
    help="The ServiceAccount as which Rayscope runs.",
)
@access_options
def command(  # noqa: PLR0913 - one parameter an option
    *,
    service: str,
    namespace: str | None,
    output: str,
    timeout: float,
    account: str | None,
    kubeconfig: str | None,
    kube_context: str | None,
) -> None:
    """Find out why SERVICE (a RayService) has no metrics.

    It walks the whole way: label, Rayscope's rights, webhook, cluster, pods, exporter, metrics, monitor, Prometheus,
    NetworkPolicies. It reads, with your rights, and changes nothing; a new RayCluster is tried as a dry run. Each step
    is ok, a problem, waiting (it will pass), unknown (you may not see it) or skipped, with the evidence and the next
    command.

    \b
      rayscope doctor llm -n serving
      rayscope doctor llm -n serving -o json | jq -r .first_problem

    It exits with 1 if there is a problem, and with 2 if the cluster, or the service, is out of reach. docs/doctor.md
    has all steps.
    """
    from rayscope.model.service import Key  # noqa: PLC0415 - takes a moment that `--help` should not

    access = Access(kubeconfig, kube_context)
    key = Key(namespace or home(access), service)
    operator = _account(account)
    diagnosis = run(access, lambda api: _walked(api, key, operator, timeout))
    click.echo(json.dumps(diagnosis.document(), indent=2) if output == "json" else text(diagnosis))
    if diagnosis.blind:
        sys.exit(Unreachable.exit_code)
    sys.exit(1 if diagnosis.first_problem else 0)


def _account(given: str | None) -> Key | None:
    from rayscope.model.service import Key  # noqa: PLC0415 - takes a moment that `--help` should not

    if given is None:
        return None
    namespace, slash, name = given.partition("/")
    if not (namespace and slash and name):
        raise click.BadParameter(f"{given!r} is not NAMESPACE/NAME", param_hint="--account")
    return Key(namespace, name)


async def _walked(api: Api, key: Key, account: Key | None, seconds: float) -> Diagnosis:
    from rayscope.diagnosis.case import Case  # noqa: PLC0415 - takes a moment that `--help` should not
    from rayscope.diagnosis.walk import walk  # noqa: PLC0415

    try:
        async with asyncio.timeout(seconds):
            return await walk(Case(api, key, account))
    except TimeoutError:
        raise Unreachable(f"not done within {seconds:g} s; give --timeout more") from None


def text(diagnosis: Diagnosis) -> str:
    """The diagnosis as people read it."""
    width = max(len(step.id) for step in diagnosis.steps)
    lines = [f"RayService {diagnosis.namespace}/{diagnosis.service}", ""]
    lines += [line for step in diagnosis.steps for line in _lines(step, width)]
    return "\n".join([*lines, "", _conclusion(diagnosis)])


def _lines(step: Step, width: int) -> list[str]:
    state = click.style(f"{step.state:<7}", fg=COLOURS[step.state])
    told = [f"{state}  {step.id:<{width}}  {step.evidence}"]
    return [*told, f"{'':<{width + 11}}next: {step.next}"] if step.next else told


def _conclusion(diagnosis: Diagnosis) -> str:
    if first := diagnosis.first_problem:
        return f"First problem: {first.id}. {first.evidence}\nNext: {first.next}"
    if diagnosis.blind:
        return "You may not see the service, so there is nothing to say about it."
    hidden = sum(step.state == "unknown" for step in diagnosis.steps)
    rest = f" Steps unknown: {hidden}." if hidden else ""
    if diagnosis.healthy:
        return f"All is well, as far as it can be seen.{rest}"
    return f"No problem is found; something is still to come.{rest}"
