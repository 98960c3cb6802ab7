"""Certificates that somebody else makes and mounts into our pod: cert-manager, for one.

The caBundle is theirs to keep as well (cert-manager's CA injector does).
"""

from __future__ import annotations

from pathlib import Path

from rayscope.webhook.certificates import Pair
from rayscope.webhook.keeper import Keeper
from rayscope.webhook.secret import CERTIFICATE, PRIVATE_KEY


class MountedCertificates(Keeper):
    """A certificate from files that somebody else renews."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    async def look(self) -> None:
        # By content: Kubernetes exchanges a mounted Secret by a symbolic link, which keeps no promise about times.
        self.present(Pair(self._read(CERTIFICATE), self._read(PRIVATE_KEY)))

    def _read(self, name: str) -> bytes:
        return (self._directory / name).read_bytes()
