"""What the exporters in the pods say of themselves, by way of the API server: /status, or why there is none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Forbidden
from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.names import EXPORTER_CONTAINER, EXPORTER_PORT, EXPORTER_PORT_NAME, OUT_OF_MEMORY

AT_ONCE = 20
REFUSED = "connection refused"
"""The pod was reached, and nothing listens there. Anything else may be the network between the API server and it."""
LIVE = frozenset({"live", "unknown"})
"""States of writers that may still write; unknown is every one where leases do not work."""


@dataclass(frozen=True)
class Answer:
    """One pod's."""

    pod: str
    status: Manifest = field(default_factory=dict)
    failure: str | None = None

    @property
    def certain(self) -> bool:
        """Whether the failure is the exporter's own, and not the network's perhaps."""
        return self.failure is not None and (REFUSED in self.failure or bool(self.status))

    @property
    def families(self) -> set[str]:
        return {family["name"] for family in sequence(self.status, "families")}

    @property
    def writers(self) -> int:
        return sum(writer["state"] in LIVE for writer in sequence(self.status, "writers"))


async def ask(api: Api, pods: Sequence[Manifest]) -> list[Answer]:
    """The answer of every pod's exporter, at most twenty at once; Forbidden where the caller may not ask."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(pod: Manifest) -> Answer:
        async with gate:
            return await _asked(api, pod)

    return list(await asyncio.gather(*map(one, pods)))


def carries_exporter(pod: Manifest) -> bool:
    return any(container["name"] == EXPORTER_CONTAINER for container in sequence(pod, "spec", "containers"))


def runs(pod: Manifest) -> bool:
    return mapping(pod, "status").get("phase") == "Running"


async def _asked(api: Api, pod: Manifest) -> Answer:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    if reason := _not_running(pod):
        return Answer(name, failure=f"its exporter does not run ({reason}): {REFUSED}")
    try:
        status = await _status(api, namespace, name, port(pod))
    except Forbidden:
        raise
    except ApiError as failure:
        return Answer(name, failure=failure.message or failure.reason)
    except ValueError:
        return Answer(name, failure="what answers there is no exporter")
    return Answer(name, status, _failing(status))


async def _status(api: Api, namespace: str, pod: str, number: int) -> Manifest:
    """Its status; one that nobody has scraped yet has not looked at its families, and we are the first."""
    told = _parsed(await api.proxied(namespace, pod, number, "status"))
    if told.get("failing") or mapping(told, "scrapes").get("served"):
        return told
    with suppress(ApiError):  # where that fails, its status says why
        await api.proxied(namespace, pod, number, "metrics")
    return _parsed(await api.proxied(namespace, pod, number, "status"))


def _failing(status: Manifest) -> str | None:
    """Why an exporter that answers shows nothing."""
    reason = status.get("failing")
    if reason == OUT_OF_MEMORY:
        return "it has reached its memory limit"
    return "it cannot show its metrics; its log says why" if reason else None


def port(pod: Manifest) -> int:
    """Where its exporter listens."""
    ports = (port for container in sequence(pod, "spec", "containers") for port in sequence(container, "ports"))
    return next((int(port["containerPort"]) for port in ports if port.get("name") == EXPORTER_PORT_NAME), EXPORTER_PORT)


def _parsed(body: bytes) -> Manifest:
    status: Any = json.loads(body)
    if not isinstance(status, dict):
        raise ValueError("no object")  # noqa: TRY004 - what was read is wrong, not how it was called
    return status


def _not_running(pod: Manifest) -> str | None:
    """Why the exporter's container does not run, as the kubelet says it."""
    states = (
        mapping(container, "state")
        for container in sequence(pod, "status", "containerStatuses")
        if container["name"] == EXPORTER_CONTAINER
    )
    state = next(states, {})
    stopped = mapping(state, "waiting") or mapping(state, "terminated")
    return str(stopped.get("reason") or "not started") if stopped else None
