"""The operator-wide choices that rendering depends on, with the defaults that suit nearly everybody.

The fields are named as the user will meet them in a VLLMMonitor's spec. Never a secret, never a fact about a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from rayscope.model.monitor import RayPort


@dataclass(frozen=True)
class Scrape:
    """How Prometheus is told to scrape."""

    interval: str | None = None
    """Between two scrapes, as Prometheus writes durations ("30s"). None: the Prometheus's own default."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """On every monitor, for a Prometheus that selects by labels (`release: ...`). Rayscope's own labels win."""
    ray: RayPort = RayPort.ESSENTIAL


@dataclass(frozen=True)
class Settings:
    """All of them."""

    exporter: str
    """Digest of this version's exporter: what the webhook names in the next cluster, so it must already be there."""
    scrape: Scrape = field(default_factory=Scrape)
