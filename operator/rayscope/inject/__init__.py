"""The injection: what Rayscope adds to a cluster's pod templates, as pure functions from a RayCluster to a JSON patch.

Nothing here reads a cluster, a clock or a file of the host, and nothing ever changes what a user wrote: a node group
takes every part or stays exactly as it was.
"""

from rayscope.inject.injection import Injection, inject
from rayscope.inject.inspection import Inspection, inspect, noted_payload, recorded_payload
from rayscope.inject.patch import Operation
from rayscope.inject.report import GroupReport, Outcome, Reason
from rayscope.inject.stripping import strip

__all__ = [
    "GroupReport",
    "Injection",
    "Inspection",
    "Operation",
    "Outcome",
    "Reason",
    "inject",
    "inspect",
    "noted_payload",
    "recorded_payload",
    "strip",
]
