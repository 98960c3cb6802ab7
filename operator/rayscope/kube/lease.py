"""Leader election by a Lease: who holds it works, everybody else waits, and whoever ends hands over at once.

The election is the one of the `kubernetes` package. What it lacks is added here: it does not see the leading task die,
and leaves the Lease to expire when it ends. Whatever ends here must end the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from kubernetes.aio.leaderelection.electionconfig import Config
from kubernetes.aio.leaderelection.leaderelection import LeaderElection

from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Conflict
from rayscope.kube.kinds import LEASE
from rayscope.kube.lock import REQUEST, Lock, LostError

DURATION = 15
DEADLINE = 10
RETRY = 2
"""Seconds: client-go's, with which every Kubernetes component has run for years."""

log = logging.getLogger(__name__)
# It tells every round, and every lost race as an error; what matters of it is told here and in `lock`.
logging.getLogger(LeaderElection.__module__).setLevel(logging.CRITICAL)


async def lead(api: Api, namespace: str, name: str, identity: str, work: Callable[[], Awaitable[None]]) -> NoReturn:
    """Wait for the Lease, do the work while it is held, hand it over at the end, however that comes about.

    Never returns: raises what `work` raised, LostError where the Lease could not be renewed or `work` just ended.
    """
    elected = asyncio.Event()
    election = asyncio.create_task(_election(Lock(api, namespace, name, identity), elected), name="election")
    leading = asyncio.create_task(_work(elected, work), name="leading")
    try:
        await asyncio.wait({election, leading}, return_when=asyncio.FIRST_COMPLETED)
        if leading.done():
            await leading
            raise LostError("the leader's work has ended by itself")
        await election
        raise LostError(f"Lease {namespace}/{name} could not be renewed for {DEADLINE} seconds")
    finally:
        for task in (leading, election):
            task.cancel()
        await asyncio.gather(leading, election, return_exceptions=True)
        if elected.is_set():
            await _release(api, namespace, name, identity)


async def _election(lock: Lock, elected: asyncio.Event) -> None:
    async def started() -> None:
        elected.set()

    await LeaderElection(Config(lock, DURATION, DEADLINE, RETRY, started, _nothing)).run()


async def _nothing() -> None:
    """What the election calls at its end; ours is noticed by the task that runs it."""


async def _work(elected: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    await elected.wait()
    log.info("This replica leads.")
    await work()


async def _release(api: Api, namespace: str, name: str, identity: str) -> None:
    """Write that nobody holds it, if that is still for us to say; the others see it within RETRY seconds."""
    try:
        async with asyncio.timeout(REQUEST):
            lease = await api.get(LEASE, name, namespace)
            if lease and lease["spec"].get("holderIdentity") == identity:
                lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1}
                await api.replace(lease)
                log.info("Lease %s/%s is released.", namespace, name)
    except Conflict:
        log.info("Lease %s/%s has another holder already.", namespace, name)
    except (ApiError, TimeoutError) as trouble:
        log.warning("Lease %s/%s could not be released, and expires by itself: %s", namespace, name, trouble)
