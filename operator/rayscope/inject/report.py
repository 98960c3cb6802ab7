"""What became of each node group, and why: the words in which webhook, status and CLI speak about an injection.

A message tells the next step; a reason is stable, so that people can look it up (docs/injection.md) and alert on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rayscope.model.names import MULTIPROC_VARIABLE

Outcome = Literal["injected", "already", "skipped", "missing"]
"""`missing` is an inspection's word alone: nothing stands in the way, and yet the group carries no exporter."""

Obstacle = Literal[
    "NotForService",
    "GroupNameTaken",
    "Windows",
    "NoContainer",
    "NoImage",
    "HostNetwork",
    "EnvTaken",
    "EnvFromUnknown",
    "VolumeTaken",
    "MountPathTaken",
    "PortTaken",
    "ContainerTaken",
    "LabelTaken",
]
Reason = Literal["Injected", "AlreadyInjected", "NotInjected"] | Obstacle


@dataclass(frozen=True)
class Conflict:
    """Why a node group must be left as it is."""

    reason: Obstacle
    message: str


@dataclass(frozen=True)
class GroupReport:
    """One node group's part in an injection or inspection."""

    group: str
    outcome: Outcome
    reason: Reason
    message: str


def injected(group: str) -> GroupReport:
    return GroupReport(group, "injected", "Injected", f"The pods that KubeRay makes of it get {MULTIPROC_VARIABLE}.")


def already(group: str) -> GroupReport:
    return GroupReport(group, "already", "AlreadyInjected", "It has everything already; nothing to do.")


def missing(group: str) -> GroupReport:
    message = "Its pod template was made without Rayscope; `rayscope rollout` asks KubeRay for a cluster that has it."
    return GroupReport(group, "missing", "NotInjected", message)


def skipped(group: str, conflict: Conflict) -> GroupReport:
    return GroupReport(group, "skipped", conflict.reason, conflict.message)
