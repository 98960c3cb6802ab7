"""Whether a rollout would gain anything: what a new cluster would carry, against what the present one carries. Pure.

A second fleet of GPUs that comes out as the first one is the most expensive way to learn that a webhook is down.
"""

from __future__ import annotations

from collections.abc import Sequence

from rayscope.inject import GroupReport, Inspection, inspect
from rayscope.model.manifest import Manifest
from rayscope.model.service import Key
from rayscope.rollout.refusal import Refusal


def pointless(service: Key, present: Manifest, new: Manifest | None) -> Refusal | None:
    """Why a rollout would change nothing. `new`: the cluster as it would be; None where that cannot be seen."""
    now = inspect(present)
    if new is None:
        return None if _in(now.groups, "missing") else _injected(service)
    then = inspect(new)
    if left := _in(then.groups, "missing"):
        return _not_reached(service, left)
    if not _in(then.groups, "already"):
        return _skipped(service, then.groups)
    return _up_to_date(service) if _same(now, then) else None


def disabled(service: Key) -> Refusal:
    """Why a service whose VLLMMonitor wants no injection is not rolled out."""
    return Refusal(
        "InjectionDisabled",
        "Its VLLMMonitor says spec.injection.enabled: false, so a new cluster would be made without Rayscope, too.",
        f"kubectl edit vllmmonitor {service.name} -n {service.namespace}",
    )


def _in(groups: Sequence[GroupReport], outcome: str) -> list[str]:
    return [report.group for report in groups if report.outcome == outcome]


def _same(now: Inspection, then: Inspection) -> bool:
    return now.payload == then.payload and _in(now.groups, "already") == _in(then.groups, "already")


def _injected(service: Key) -> Refusal:
    return Refusal(
        "AlreadyInjected",
        "Its cluster was made with Rayscope. Whether its settings have changed since cannot be seen: that takes a dry "
        "run, and you may not create RayClusters.",
        f"rayscope doctor {service.name} -n {service.namespace}  # or --force, for the settings of now",
    )


def _up_to_date(service: Key) -> Refusal:
    return Refusal(
        "UpToDate",
        "Its cluster was made with Rayscope and the settings of now: a new one would be the same.",
        f"rayscope doctor {service.name} -n {service.namespace}",
    )


def _not_reached(service: Key, groups: Sequence[str]) -> Refusal:
    return Refusal(
        "WebhookNotReached",
        f"A dry run shows that the new cluster would be made without Rayscope, too, in: {', '.join(groups)}.",
        f"rayscope doctor {service.name} -n {service.namespace}",
    )


def _skipped(service: Key, groups: Sequence[GroupReport]) -> Refusal:
    reasons = " ".join(f"{report.group}: {report.reason}: {report.message}" for report in groups)
    return Refusal(
        "NothingToInject",
        f"A dry run shows that no node group of the new cluster could be injected. {reasons}",
        f"Resolve that in spec.rayClusterConfig of {service}, which is a rollout by itself.",
    )
