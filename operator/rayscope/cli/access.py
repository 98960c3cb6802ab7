"""How a command reaches the cluster: kubectl's own options, the caller's own rights, and what to say if it fails.

Exit codes are 0 for done, 1 for a finding or a refusal, 2 for a mistake in the call and for a cluster out of reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn, TypeVar

import click

T = TypeVar("T")
Decorated = Callable[..., Any]

OPTIONS = (
    click.option("--kubeconfig", metavar="FILE", help="Instead of $KUBECONFIG, or ~/.kube/config."),
    click.option("--context", "kube_context", metavar="NAME", help="Of the kubeconfig, instead of its current one."),
)
NAMESPACE = click.option(
    "-n", "--namespace", metavar="NAME", default=None, show_default="the context's", help="Where the service lives."
)
OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="For people, or programs."
)


@dataclass(frozen=True)
class Access:
    """Which cluster, and as whom."""

    kubeconfig: str | None
    context: str | None


class Unreachable(click.ClickException):
    """The cluster cannot be asked, or refuses the caller what a command cannot do without."""

    exit_code = 2


def access_options(command: Decorated) -> Decorated:
    """Adds kubectl's options for the way to the cluster."""
    return reduce(lambda decorated, option: option(decorated), reversed(OPTIONS), command)


def home(access: Access) -> str:
    """The namespace where none is given."""
    from rayscope.kube.connection import home  # noqa: PLC0415 - takes a moment that `--help` should not

    return _told(lambda: home(access.kubeconfig, access.context))


def run(access: Access, work: Callable[[Any], Awaitable[T]]) -> T:
    """Do `work` with an Api; what keeps it from being done ends the command, with a reason in one line."""
    return _told(lambda: asyncio.run(_connected(access, work)))


async def _connected(access: Access, work: Callable[[Any], Awaitable[T]]) -> T:
    from rayscope.kube.api import Api  # noqa: PLC0415 - takes a moment that `--help` should not

    async with await Api.connect(access.kubeconfig, access.context) as api:
        return await work(api)


def _told(action: Callable[[], T]) -> T:
    from kubernetes.aio.config import ConfigException  # noqa: PLC0415 - takes a moment that `--help` should not

    from rayscope.kube.errors import ApiError  # noqa: PLC0415

    try:
        return action()
    except ApiError as failure:
        _unreachable(f"the API server: {failure.message}" if failure.status else f"no way to the cluster: {failure}")
    except (ConfigException, OSError) as trouble:
        _unreachable(f"no way to the cluster: {trouble}")


def _unreachable(message: str) -> NoReturn:
    raise Unreachable(message)
