"""What makes us look at what people write: kopf's watches, each event of which becomes a key, and nothing else.

kopf is used for what it does well (list, watch, reconnect, CRDs that come and go) and writes nothing here: no
finalizer, no annotation, no handler that keeps state. Only names and versions are read from events, so only metadata
is asked for. What machines write, `following` watches.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import kopf

from rayscope.control.missing import MissingKinds
from rayscope.control.monitors import Monitors
from rayscope.control.prometheuses import PROMETHEUS_KINDS, Prometheuses
from rayscope.control.queue import WorkQueue
from rayscope.control.reading import Reading
from rayscope.control.resync import Resync
from rayscope.kube.api import METADATA, METADATA_LIST
from rayscope.kube.connection import configuration, session
from rayscope.kube.kinds import CRD, RAY_SERVICE, VLLM_MONITOR, Kind
from rayscope.model.names import DOMAIN, MANAGER, MONITOR_LABEL
from rayscope.model.service import Key

NO_ITEMS = b'"items":null'
GONE = 404
DELETED = "DELETED"
KINDS = (RAY_SERVICE, VLLM_MONITOR, *PROMETHEUS_KINDS)


class Nothing(kopf.DiffBaseStorage):
    """kopf would keep a copy of each object in an annotation of it; there is nothing to keep."""

    def build(self, **_: object) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: object) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: object) -> None:
        pass


def settings() -> kopf.OperatorSettings:
    """kopf's settings, for an operator that only ever looks."""
    chosen = kopf.OperatorSettings()
    chosen.peering.standalone = True
    chosen.posting.enabled = False
    # The default name is shared by all operators made with kopf: under it, it would take away the finalizers of others.
    chosen.persistence.finalizer = f"{DOMAIN}/unused"
    chosen.persistence.diffbase_storage = Nothing()
    chosen.queueing.idle_timeout = 0.5
    chosen.networking.connect_timeout = 10.0
    chosen.networking.request_timeout = 60.0
    chosen.watching.chunk_size = 500
    chosen.watching.label_selectors[RAY_SERVICE.group, RAY_SERVICE.version, RAY_SERVICE.plural] = MONITOR_LABEL
    return chosen


@dataclass(frozen=True)
class Sources:
    """Where events go, and what decides whether they are a reason to look."""

    queue: WorkQueue[Key]
    resync: Resync
    missing: MissingKinds
    monitors: Monitors
    prometheuses: Prometheuses
    reading: Reading


def registry(to: Sources, *, everywhere: bool) -> kopf.OperatorRegistry:
    """The handlers: event to key. `everywhere`: with rights on the whole cluster, so that new kinds are noticed."""
    handlers = kopf.OperatorRegistry()

    @kopf.on.event(RAY_SERVICE.group, RAY_SERVICE.version, RAY_SERVICE.plural, registry=handlers)
    async def on_service(type: str | None, namespace: str | None, body: kopf.Body, **_: object) -> None:  # noqa: A002 - kopf's
        key, deleted = Key(str(namespace), str(body.metadata.name)), type == DELETED
        to.reading.changed(key, body, deleted=deleted)
        # Either deleted, or no longer labelled: the watch cannot tell, and a visit finds out.
        (to.resync.unlabelled if deleted else to.resync.labelled)(key)
        to.queue.add(key)

    for kind in PROMETHEUS_KINDS:
        _on_prometheus(handlers, kind, to)
    _on_monitor(handlers, to)
    if everywhere:
        _on_kind(handlers, to)
    return handlers


def _on_kind(handlers: kopf.OperatorRegistry, to: Sources) -> None:
    @kopf.on.event(CRD.group, CRD.version, CRD.plural, registry=handlers)
    async def on_kind(**_: object) -> None:
        to.missing.look()


def _on_prometheus(handlers: kopf.OperatorRegistry, kind: Kind, to: Sources) -> None:
    @kopf.on.event(kind.group, kind.version, kind.plural, registry=handlers, id=kind.plural)
    async def on_prometheus(type: str | None, body: kopf.Body, **_: object) -> None:  # noqa: A002 - kopf's
        if to.prometheuses.changed(kind, body, deleted=type == DELETED):
            to.resync.visit_all()


def _on_monitor(handlers: kopf.OperatorRegistry, to: Sources) -> None:
    @kopf.on.event(VLLM_MONITOR.group, VLLM_MONITOR.version, VLLM_MONITOR.plural, registry=handlers)
    async def on_monitor(
        type: str | None,  # noqa: A002 - kopf's
        namespace: str | None,
        name: str | None,
        body: kopf.Body,
        **_: object,
    ) -> None:
        key = Key(str(namespace), str(name))
        if to.monitors.gone(key) if type == DELETED else to.monitors.changed(key, body):
            to.queue.add(key)


async def watch(
    handlers: kopf.OperatorRegistry,
    kubeconfig: str | None,
    namespaces: Sequence[str],
    started: Callable[[], None],
) -> None:
    """Watch until cancelled, everywhere or in `namespaces`.

    `started` is called when kopf has taken over the process's signals, for whoever wants them back.
    """
    logging.getLogger("kopf").setLevel(logging.WARNING)  # it tells every event

    @kopf.on.login(registry=handlers)
    async def login(**_: object) -> kopf.AiohttpSession:
        connection = await configuration(kubeconfig)  # anew, also after a 401
        return kopf.AiohttpSession(server=connection.host, aiohttp_session=session(connection, patient, metadata_only))

    chosen = settings()
    # kopf would ask for all namespaces and kinds first, and for a minute again where it has no right to.
    chosen.scanning.disabled = bool(namespaces)
    where: dict[str, Any] = {"namespaces": namespaces} if namespaces else {"clusterwide": True}
    # Named, though kopf has no peers here: it would ask for the user's name, which a container's numeric user has not.
    where["identity"] = MANAGER
    tasks = await kopf.spawn_tasks(registry=handlers, settings=chosen, **where)
    started()
    await kopf.run_tasks(tasks, ignored=Everything())


class Everything(frozenset[asyncio.Task[Any]]):
    """When it ends, kopf cancels every younger task of the process, reviews under way among them: unless ignored."""

    def __contains__(self, task: object) -> bool:
        return True


async def metadata_only(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Ask for metadata alone, wherever kopf itself needs no more: it reads the group of a CRD that has changed."""
    if "watch" in request.url.query:
        if _collection(request, KINDS):
            request.headers["Accept"] = METADATA
    elif _collection(request, (*KINDS, CRD)):
        return await _list(request, handler)
    return await handler(request)


async def _list(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    plain = request.headers["Accept"]
    request.headers["Accept"] = METADATA_LIST
    response = await handler(request)
    if NO_ITEMS not in await response.read():
        return response
    # An empty list of metadata has null for items, which kopf does not expect; an empty list of objects has [].
    request.headers["Accept"] = plain
    return await handler(request)


async def patient(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Let a kind that is gone look like a lost connection, which is waited for.

    A CRD may be removed at any time. Where its watch ends before kopf hears of that, kopf would end the process.
    """
    response = await handler(request)
    if response.status == GONE and _collection(request, KINDS):
        response.release()
        raise aiohttp.ClientConnectionError(f"{request.url.path} is not served (any more)")
    return response


def _collection(request: aiohttp.ClientRequest, kinds: Sequence[Kind]) -> bool:
    return request.url.path.rpartition("/")[2] in {kind.plural for kind in kinds}
