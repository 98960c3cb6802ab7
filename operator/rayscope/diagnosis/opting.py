"""The service and its label: whether there is anything to monitor at all."""

from __future__ import annotations

from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem
from rayscope.kube.errors import KindMissing
from rayscope.model.names import MONITOR_LABEL, MONITOR_VALUE


async def service(case: Case) -> Finding:
    """There is a RayService of that name."""
    try:
        found = await case.found()
    except KindMissing:
        return problem(
            "RayService (ray.io/v1) is not installed in this cluster.", "Install KubeRay: https://docs.ray.io"
        )
    if found is None:
        return problem(f"There is no RayService {case.key}.", "kubectl get rayservices --all-namespaces")
    if found.deleting:
        return problem(f"RayService {case.key} is being deleted.", f"kubectl get rayservice {case.place} --watch")
    return ok(f"RayService {case.key} is there.")


async def label(case: Case) -> Finding:
    """It has the opt-in label, with its one value."""
    found = (await case.service()).label
    if found == MONITOR_VALUE:
        return ok(f"It has {MONITOR_LABEL}={MONITOR_VALUE}.")
    command = f"kubectl label rayservice {case.place} {MONITOR_LABEL}={MONITOR_VALUE}"
    if found is None:
        return problem(f"It has no label {MONITOR_LABEL}, so nothing is monitored.", command)
    return problem(
        f"Its label {MONITOR_LABEL} has the value {found!r}; the only value is {MONITOR_VALUE!r}.",
        f"{command} --overwrite",
    )
