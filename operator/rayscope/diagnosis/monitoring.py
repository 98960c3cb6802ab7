"""The monitor: whether its kind is installed, whether it is there, and whether a Prometheus takes it."""

from __future__ import annotations

from collections.abc import Sequence

from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, unknown
from rayscope.kube.errors import KindMissing
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import RAY_CLUSTER_LABEL, SERVICE_LABEL
from rayscope.model.prometheus import Prometheus
from rayscope.model.selection import selection
from rayscope.model.selector import selects


async def operator(case: Case) -> Finding:
    """Prometheus Operator's kinds are installed."""
    kind = await case.monitor_kind()
    try:
        await case.api.probe(kind, case.key.namespace)
    except KindMissing:
        return problem(
            f"{kind.kind} ({kind.api_version}) is not installed here, so there is nothing to tell a Prometheus by. "
            "Rayscope makes the monitor as soon as it is.",
            "Install Prometheus Operator, or just its CRDs: https://prometheus-operator.dev",
        )
    return ok(f"{kind.kind} ({kind.api_version}) is installed.")


async def monitor(case: Case) -> Finding:
    """The service's monitor is there, and selects its cluster."""
    kind = (await case.monitor_kind()).kind
    found = await case.monitors()
    if not found:
        return problem(
            f"There is no {kind} of Rayscope's for it. Rayscope makes it within seconds, while it leads.",
            (await case.installation()).logs,
        )
    for cluster in await case.clusters():
        if not any(_covers(each, case.key.name, cluster["metadata"]["name"]) for each in found):
            return problem(
                f"{kind} {_names(found)} does not select the pods of RayCluster {cluster['metadata']['name']}.",
                (await case.installation()).logs,
            )
    return ok(f"{kind} {_names(found)} is there, and selects the cluster's pods.")


async def selected(case: Case) -> Finding:
    """A Prometheus or PrometheusAgent takes the monitor."""
    found = selection(await case.prometheus_manifests(), await case.monitors(), await case.namespace_labels())
    if found.status == "False":
        return problem(found.evidence, found.remedy)
    return ok(found.evidence) if found.status == "True" else unknown(found.evidence)


async def refused(case: Case, every: Sequence[Prometheus]) -> list[tuple[Prometheus, str | None]]:
    """Each Prometheus, and why it does not take the monitor; None: it does."""
    [first, *_] = await case.monitors()
    namespace = await case.namespace_labels()
    return [(prometheus, prometheus.refusal(first, namespace)) for prometheus in every]


def _covers(monitor: Manifest, service: str, cluster: str) -> bool:
    """Whether its selector takes pods of the cluster, as KubeRay and Rayscope label them."""
    if monitor["kind"] != "PodMonitor":
        return True  # it goes by a Service per cluster
    return selects(mapping(monitor, "spec", "selector"), {RAY_CLUSTER_LABEL: cluster, SERVICE_LABEL: service})


def _names(monitors: Sequence[Manifest]) -> str:
    return ", ".join(monitor["metadata"]["name"] for monitor in monitors)
