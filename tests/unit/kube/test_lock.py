"""Times of an election, as a Lease has them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kubernetes.aio.leaderelection.leaderelectionrecord import LeaderElectionRecord

from rayscope.kube.lock import record, spec

MICRO_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def test_a_local_time_without_a_zone_is_written_as_utc() -> None:
    now = datetime.now(UTC)
    local = str(now.astimezone().replace(tzinfo=None))
    written = spec(LeaderElectionRecord("me", "15", local, local))["renewTime"]
    assert re.fullmatch(MICRO_TIME, written)
    assert datetime.fromisoformat(written) == now


def test_what_was_read_is_written_unchanged() -> None:
    lease = {
        "spec": {
            "holderIdentity": "me",
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-01-02T03:04:05.000006Z",
            "renewTime": "2026-01-02T03:04:07.000008Z",
        }
    }
    assert spec(record(lease)) == lease["spec"]


def test_a_released_lease_has_no_holder() -> None:
    assert record({"spec": {"holderIdentity": ""}}).holder_identity is None
