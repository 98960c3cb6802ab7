"""Who holds a Lease (coordination.k8s.io/v1), as anybody can read it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rayscope.model.manifest import Manifest, mapping


@dataclass(frozen=True)
class Holding:
    """A holder, and until when it is his unless he renews it."""

    holder: str
    until: datetime

    @classmethod
    def of(cls, lease: Manifest | None) -> Holding | None:
        """None where there is no Lease, or nobody has it: one that is given back names no holder."""
        spec = mapping(lease, "spec")
        holder, renewed = spec.get("holderIdentity"), spec.get("renewTime")
        if not holder or not renewed:
            return None
        since = datetime.fromisoformat(renewed).astimezone(UTC)
        return cls(str(holder), since + timedelta(seconds=spec.get("leaseDurationSeconds") or 0))
