"""The Lease as the lock of an election: read, created and renewed through our own connection.

The package's LeaseLock does not serve: in kubernetes 37.0 its `create` fails by a type check, a lost connection goes
through it as a bug, it waits five minutes for an answer, and it writes local time as UTC.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime

from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord
from kubernetes.aio.leaderelection.resourcelock.baselock import BaseLock

from rayscope.kube.api import Api, Object
from rayscope.kube.errors import ApiError, Conflict
from rayscope.kube.kinds import LEASE
from rayscope.model.manifest import Manifest, mapping

REQUEST = 4.0
"""Seconds for one request: two fit into the deadline, so that one lost packet is no lost leadership."""

log = logging.getLogger(__name__)


class LostError(Exception):
    """Another process may lead now: this one must end."""


class Lock(BaseLock):
    """One candidate's view of the Lease; a request that gets no answer is an unsuccessful one."""

    def __init__(self, api: Api, namespace: str, name: str, identity: str) -> None:
        super().__init__(name, namespace, identity)
        self._api = api
        self._lease: Object = {}
        """As it was read last; its resourceVersion decides a race."""
        self._held = False

    async def get(self, name: str, namespace: str) -> tuple[bool, LeaderElectionRecord] | tuple[bool, Exception]:
        try:
            async with asyncio.timeout(REQUEST):
                lease = await self._api.get(LEASE, name, namespace)
        except (ApiError, TimeoutError) as trouble:
            log.warning("Lease %s/%s cannot be read: %s", namespace, name, trouble)
            return False, ApiException(status=0, reason=str(trouble))
        if lease is None:
            return False, ApiException(status=404, reason="NotFound", body=json.dumps({"code": 404}))
        self._lease = lease
        if self._held and mapping(lease, "spec").get("holderIdentity") not in {self.identity, "", None}:
            raise LostError(f"Lease {namespace}/{name} has another holder")
        return True, record(lease)

    async def create(self, name: str, namespace: str, election_record: LeaderElectionRecord) -> bool:
        lease = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec(election_record),
        }
        return await self._written(self._api.create(lease))

    async def update(self, name: str, namespace: str, updated_record: LeaderElectionRecord) -> bool:  # noqa: ARG002 - the package's signature
        renewed = {**mapping(self._lease, "spec"), **spec(updated_record)}
        return await self._written(self._api.replace({**self._lease, "spec": renewed}))

    async def _written(self, request: Awaitable[Object]) -> bool:
        try:
            async with asyncio.timeout(REQUEST):
                await request
        except Conflict:
            return False  # somebody else was first, which is what the lock is for
        except (ApiError, TimeoutError) as trouble:
            log.warning("Lease %s/%s cannot be written: %r", self.namespace, self.name, trouble)
            return False
        self._held = True
        return True


def record(lease: Manifest) -> LeaderElectionRecord:
    """What a Lease says, in the election's words; an empty holder is none."""
    given = mapping(lease, "spec")
    duration = given.get("leaseDurationSeconds")
    return LeaderElectionRecord(
        given.get("holderIdentity") or None,
        str(duration) if duration else None,
        given.get("acquireTime"),
        given.get("renewTime"),
    )


def spec(wanted: LeaderElectionRecord) -> Object:
    """The spec of a Lease that says it."""
    return {
        "holderIdentity": wanted.holder_identity,
        "leaseDurationSeconds": int(wanted.lease_duration or 0),
        "acquireTime": _micro_time(wanted.acquire_time),
        "renewTime": _micro_time(wanted.renew_time),
    }


def _micro_time(given: str | None) -> str | None:
    """The election gives local times without a zone, or what it was given before."""
    return datetime.fromisoformat(given).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if given else None
