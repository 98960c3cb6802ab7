"""Notices posted as Events on the RayService, each once.

An Event's name is made of what it says, so that a restart, or another replica, does not say it again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from rayscope.control import figures
from rayscope.control.notices import Notice
from rayscope.kube.api import Api
from rayscope.kube.errors import ApiError, Conflict, Terminating
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGER, RAY_API_VERSION, RAY_ORIGIN_KIND
from rayscope.model.service import Key, Service

log = logging.getLogger(__name__)


class Events:
    """Posts what was not posted yet."""

    def __init__(self, api: Api, reporter: str) -> None:
        """`reporter`: this replica's identity."""
        self._api = api
        self._reporter = reporter
        self._posted: dict[Key, set[str]] = {}

    async def post(self, service: Service, notices: Iterable[Notice]) -> None:
        """Post the notices that are new; what no longer holds may be told again when it holds again."""
        before, now = self._posted.get(service.key, set()), set()
        for notice in notices:
            name = event_name(service, notice)
            if name in before or await self._create(service, name, notice):
                now.add(name)
        self._remember(service.key, now)

    def forget(self, service: Key) -> None:
        self._posted.pop(service, None)

    def _remember(self, service: Key, names: set[str]) -> None:
        if names:
            self._posted[service] = names
        else:
            self.forget(service)

    async def _create(self, service: Service, name: str, notice: Notice) -> bool:
        """An event that cannot be posted is told by the log, and tried again at the next visit."""
        try:
            await self._api.create(event(service, name, notice, self._reporter, datetime.now(UTC)))
        except Conflict:
            return True  # told before
        except Terminating:
            raise
        except ApiError as trouble:
            log.warning("%s: the event %s could not be posted: %s", service.key, notice.reason, trouble)
            return False
        figures.events.labels(notice.reason).inc()
        log.info("%s: %s: %s", service.key, notice.reason, notice.message)
        return True


def event_name(service: Service, notice: Notice) -> str:
    content = f"{service.uid} {notice.reason} {notice.message}"
    return f"{service.key.name}.{hashlib.blake2b(content.encode(), digest_size=8).hexdigest()}"


def event(service: Service, name: str, notice: Notice, reporter: str, now: datetime) -> Manifest:
    """An Event (core/v1), about the RayService."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": service.key.namespace},
        "involvedObject": {
            "apiVersion": RAY_API_VERSION,
            "kind": RAY_ORIGIN_KIND,
            "namespace": service.key.namespace,
            "name": service.key.name,
            "uid": service.uid,
        },
        "type": notice.type,
        "reason": notice.reason,
        "message": notice.message[:1024],
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": reporter,
    }
