"""What rendering depends on besides a service and its owner's wishes: the same for every service of an installation.

What the owner of one service wants is in its VLLMMonitor (`model.monitor`). Never a secret, never a fact of a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Settings:
    """The operator's part."""

    exporter: str
    """Digest of this version's exporter: what the webhook names in the next cluster, so it must already be there."""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """On every monitor, for a Prometheus that selects by labels (`release: ...`). A VLLMMonitor's win over them."""
    rule_labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """On every PrometheusRule besides, where a Prometheus selects those by others."""
