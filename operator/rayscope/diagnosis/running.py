"""Rayscope itself: what it may do, and whether one of its replicas leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rayscope.diagnosis.access import Right, lacking
from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, unknown
from rayscope.diagnosis.installation import Installation
from rayscope.kube.holding import Holding
from rayscope.kube.kinds import LEASE, Kind
from rayscope.model.manifest import Manifest
from rayscope.model.names import MANAGER

READ = ("list", "watch")
KEEP = ("list", "watch", "create", "patch", "delete")
NAMED = 4
TOLERANCE = timedelta(seconds=30)
"""Between this machine's clock and the leader's."""


def needed(namespace: str, monitor: Kind, own_namespace: str) -> Iterator[Right]:
    """The rights without which a service has no metrics; deploy/base/rbac.yaml grants them, and says why."""
    for verb in ("get", *READ):
        yield Right("ray.io", "rayservices", verb, namespace)
    for verb in READ:
        yield Right("ray.io", "rayclusters", verb, namespace)
    for verb in KEEP:
        yield Right(monitor.group, monitor.plural, verb, namespace)
        yield Right("", "configmaps", verb, namespace)
    for verb in ("get", "update"):
        yield Right(LEASE.group, LEASE.plural, verb, own_namespace, MANAGER)


async def rights(case: Case) -> Finding:
    """Rayscope's ServiceAccount has the rights that it needs for this service."""
    installation = await case.installation()
    account = installation.account
    if not installation.certain:
        return unknown(
            f"There is no ServiceAccount {account} that could be seen: Rayscope runs as another, or elsewhere.",
            f"rayscope doctor {case.place} --account NAMESPACE/NAME",
        )
    wanted = needed(case.key.namespace, await case.monitor_kind(), account.namespace)
    missing = await lacking(case.api, installation.user, wanted)
    if not missing:
        return ok(f"ServiceAccount {account} has all rights that this service takes.")
    listed = "; ".join(map(str, missing[:NAMED])) + (f"; {len(missing) - NAMED} more" if len(missing) > NAMED else "")
    return problem(
        f"ServiceAccount {account}, as which Rayscope runs, may not: {listed}.",
        f"Restore its roles (deploy/base/rbac.yaml). To check: {missing[0].command(installation.user)}",
    )


async def leader(case: Case) -> Finding:
    """A replica of Rayscope leads, and is alive."""
    installation = await case.installation()
    lease = await case.api.get(LEASE, MANAGER, installation.account.namespace)
    if lease is None:
        return unknown(f"There is no Lease {installation.account.namespace}/{MANAGER} to tell whether Rayscope runs.")
    return led(lease, installation, datetime.now(UTC))


def led(lease: Manifest, installation: Installation, now: datetime) -> Finding:
    """Whether the Lease is held and renewed."""
    held = Holding.of(lease)
    if not held:
        return problem("Rayscope does not run: no replica holds its Lease.", installation.logs)
    if now > held.until + TOLERANCE:
        return problem(
            f"Rayscope does not run: {held.holder} renewed its Lease at {lease['spec']['renewTime']}, and never since.",
            installation.logs,
        )
    return ok(f"{held.holder} leads.")
