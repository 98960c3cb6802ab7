"""A review from its bytes to its answer: decide, fetch the payload, inject, allow.

Never refuses a cluster, and never lets it wait: a mistake of ours costs monitoring, not GPUs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from prometheus_client import Counter, Histogram

from rayscope.inject import Injection, inject
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.admission import Malformed, Request, request, response
from rayscope.webhook.rules import Reason, decide
from rayscope.webhook.sizes import too_large

DISABLED = "disabled"
"""The outcome where the service's owner wants no injection."""
TOO_LARGE = "too_large"
"""The outcome where the API server might refuse the cluster for its size if it were injected."""
TOO_LARGE_WARNING = (
    "rayscope: the cluster is not monitored: with the injection it would be too large for the API server."
)
PAYLOAD_BUDGET = 1.0
"""Seconds for the service's own settings; the API server waits 3 for all."""

PayloadSource = Callable[[Key], Awaitable[Payload | None]]
"""None: its owner wants no injection."""

log = logging.getLogger(__name__)
reviews = Counter(
    "rayscope_webhook_reviews_total", "Admission reviews, by what came of them.", ["operation", "outcome"]
)
for operation in ("CREATE", "UPDATE"):
    reviews.labels(operation, "error")  # from the start, so that Prometheus sees the first of them as an increase
durations = Histogram(
    "rayscope_webhook_review_duration_seconds",
    "From a review's last byte to its answer.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
defaulted = Counter(
    "rayscope_webhook_payload_defaulted_total",
    "Clusters injected with the defaults, as the service's settings could not be had.",
)


class Reviewer:
    """Answers reviews. Any number at once: it has no state."""

    def __init__(self, payload: PayloadSource, defaults: Payload) -> None:
        """`payload`: what to inject for a service; `defaults`: what to inject where it fails or takes too long."""
        self._payload = payload
        self._defaults = defaults

    async def review(self, body: bytes) -> bytes:
        """The answer to a review; Malformed where `body` is none. Dry runs are answered alike: nothing is written."""
        began = time.perf_counter()
        try:
            asked = request(body)
        except Malformed:
            reviews.labels("", "malformed").inc()
            raise
        try:
            outcome, answer = await self._answer(asked)
        except Exception:
            log.exception("Review %r of a RayCluster in %r failed; it is allowed as it is.", asked.uid, asked.namespace)
            outcome, answer = "error", response(asked.uid, audit={"outcome": "error"})
        reviews.labels(asked.operation, outcome).inc()
        durations.labels(asked.operation).observe(time.perf_counter() - began)
        return answer

    async def _answer(self, asked: Request) -> tuple[str, bytes]:
        decision = decide(asked)
        if isinstance(decision, Reason):
            return decision, response(asked.uid, audit={"outcome": decision})
        payload = decision.payload or await self._settings(decision.service)
        if payload is None:
            return DISABLED, response(asked.uid, audit={"outcome": DISABLED})
        injection = inject(asked.object, payload)
        if too_large(asked.object, injection.patch, asked.size):
            log.warning("A RayCluster of %s would be too large if it were injected; it is left.", decision.service)
            return TOO_LARGE, response(asked.uid, warnings=[TOO_LARGE_WARNING], audit={"outcome": TOO_LARGE})
        outcome = _outcome(injection)
        return outcome, response(asked.uid, injection.patch, _warnings(asked, injection), {"outcome": outcome})

    async def _settings(self, service: Key) -> Payload | None:
        try:
            async with asyncio.timeout(PAYLOAD_BUDGET):
                return await self._payload(service)
        except Exception:
            defaulted.inc()
            log.warning(
                "The settings of %s could not be had; its new cluster gets the defaults.", service, exc_info=True
            )
            return self._defaults


def _outcome(injection: Injection) -> str:
    if injection.patch:
        return "injected"
    return "skipped" if all(group.outcome == "skipped" for group in injection.groups) else "unchanged"


def _warnings(asked: Request, injection: Injection) -> list[str]:
    """For who creates the cluster, or gives it another group; other edits come by the dozen, from the autoscaler."""
    if asked.operation != "CREATE" and not injection.patch:
        return []
    return [
        f"rayscope: group {group.group} is not monitored ({group.reason}): {group.message}"
        for group in injection.groups
        if group.outcome == "skipped"
    ]
