"""The cluster and its pods: whether they were made with Rayscope."""

from __future__ import annotations

from collections.abc import Sequence

from rayscope.diagnosis.answers import carries_exporter, runs
from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, skipped, waiting
from rayscope.inject import inspect
from rayscope.model.manifest import Manifest, sequence


async def cluster(case: Case) -> Finding:
    """The service's RayCluster carries the injection in every node group."""
    if not (await case.spec()).injection.enabled:
        return skipped("Its VLLMMonitor says spec.injection.enabled: false.")
    clusters = await case.clusters()
    if not clusters:
        return waiting("KubeRay has not made a RayCluster for it yet.", f"kubectl describe rayservice {case.place}")
    return _inspected(case, clusters[0])


async def pods(case: Case) -> Finding:
    """Its pods carry the exporter, and run."""
    if not (await case.spec()).injection.enabled:
        return skipped("Its VLLMMonitor says spec.injection.enabled: false.")
    found = await case.pods()
    if not found:
        return waiting("There are no pods of it yet.", f"kubectl get pods -n {case.key.namespace}")
    plain = [pod for pod in found if not carries_exporter(pod)]
    if plain:
        return problem(
            f"{len(plain)} of {len(found)} pods carry no exporter, e.g. {plain[0]['metadata']['name']}: they are older "
            "than the injection of their cluster, or another webhook took it out.",
            f"rayscope rollout {case.place}",
        )
    return _running(case, found)


def _inspected(case: Case, found: Manifest) -> Finding:
    name, reports = found["metadata"]["name"], inspect(found).groups
    left = [report.group for report in reports if report.outcome == "missing"]
    if left:
        return problem(
            f"RayCluster {name} was made without Rayscope in: {', '.join(left)}. The label came later, or the webhook "
            "was not reached when it was made. Until there is a new one, only Ray's own port is scraped.",
            f"rayscope rollout {case.place} --dry-run  # tells what a new cluster costs",
        )
    if conflicts := [report for report in reports if report.outcome == "skipped"]:
        told = " ".join(f"{report.group}: {report.reason}: {report.message}" for report in conflicts)
        return problem(
            f"RayCluster {name} is not injected in every group. {told}", "docs/injection.md tells each reason."
        )
    return ok(f"RayCluster {name} is injected in: {', '.join(report.group for report in reports)}.")


def _running(case: Case, found: Sequence[Manifest]) -> Finding:
    still = [pod for pod in found if not runs(pod)]
    if len(still) == len(found):
        return waiting(
            f"All {len(found)} pods carry the exporter, and none runs yet. {_why_pending(still[0])}".rstrip(),
            f"kubectl describe pod {still[0]['metadata']['name']} -n {case.key.namespace}",
        )
    return ok(f"All {len(found)} pods carry the exporter, and {len(found) - len(still)} of them run.")


def _why_pending(pod: Manifest) -> str:
    conditions = sequence(pod, "status", "conditions")
    failing = (
        condition for condition in conditions if condition["type"] == "PodScheduled" and condition.get("message")
    )
    return next((str(condition["message"]) for condition in failing), "")
