"""What an installation chooses: where the operator lives, where it listens, where it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rayscope.model.names import MANAGER, WEBHOOK_CONFIGURATION

EVERYWHERE = ""
"""All addresses, IPv6 included: a pod is reached from outside, on some clusters by nothing else."""
UNSPECIFIED = frozenset({EVERYWHERE, "0.0.0.0", "::"})  # noqa: S104 - they are compared with
"""Addresses to listen at by which nobody is reached."""

WEBHOOK_NAME = f"{MANAGER}-webhook"


@dataclass(frozen=True)
class Options:
    """The options of `rayscope operator`, which explains them."""

    namespace: str
    identity: str
    """This replica's name, another one at each start."""
    webhook: bool = True
    """Whether it serves the webhook. Without rights on the whole cluster nobody can register one."""
    webhook_address: str = EVERYWHERE
    webhook_port: int = 9443
    webhook_service: str = WEBHOOK_NAME
    webhook_configuration: str = WEBHOOK_CONFIGURATION
    cert_secret: str = WEBHOOK_NAME
    cert_dir: Path | None = None
    """Files that somebody else renews, in place of the Secret."""
    health_address: str = EVERYWHERE
    health_port: int = 8080
    lease: str = MANAGER
    watch_namespaces: tuple[str, ...] = ()
    monitor_labels: Mapping[str, str] = field(default_factory=dict)
    drain: float = 0.0
    """Seconds for which the webhook goes on answering after SIGTERM."""
    dev_address: str | None = None
    """Where the API server reaches an operator that runs outside of the cluster; None: it runs inside."""
