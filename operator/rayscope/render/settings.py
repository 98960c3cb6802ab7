"""The operator-wide choices that rendering depends on, with the defaults that suit nearly everybody.

The fields are named as the user will meet them in a VLLMMonitor's spec. Never a secret, never a fact about a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

RayScrape = Literal["Essential", "Full", "Off"]
"""What is kept of Ray's own metrics port: an allow-list, everything, or the port is not scraped at all."""


@dataclass(frozen=True)
class Scrape:
    """How Prometheus is told to scrape."""

    interval: str | None = None
    """Between two scrapes, as Prometheus writes durations ("30s"). None: the Prometheus's own default."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """On every monitor, for a Prometheus that selects by labels (`release: ...`). Rayscope's own labels win."""
    ray: RayScrape = "Essential"


@dataclass(frozen=True)
class Settings:
    """All of them."""

    exporter: str
    """Digest of this version's exporter: what the webhook names in the next cluster, so it must already be there."""
    scrape: Scrape = field(default_factory=Scrape)
