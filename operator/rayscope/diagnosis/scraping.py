"""The scrape itself: whether the Prometheus may see the pods, and whether a NetworkPolicy keeps it out."""

from __future__ import annotations

from collections.abc import Sequence

from rayscope.diagnosis.access import Right, lacking
from rayscope.diagnosis.answers import port
from rayscope.diagnosis.case import Case
from rayscope.diagnosis.finding import Finding, ok, problem, unknown
from rayscope.diagnosis.monitoring import refused
from rayscope.diagnosis.policies import Peer, Verdict, judge
from rayscope.kube.kinds import NAMESPACE, NETWORK_POLICY, POD, POD_MONITOR
from rayscope.model.manifest import Manifest, labels
from rayscope.model.names import EXPORTER_PORT_NAME
from rayscope.model.prometheus import Prometheus

NONE_KNOWN = "It is unknown which Prometheus scrapes it."


async def rights(case: Case) -> Finding:
    """The Prometheus may look for the pods."""
    takers = await _takers(case)
    if not takers:
        return unknown(NONE_KNOWN)
    for prometheus in takers:
        user = f"system:serviceaccount:{prometheus.namespace}:{prometheus.account}"
        missing = await lacking(case.api, user, await _wanted(case))
        if missing:
            return problem(
                f"ServiceAccount {prometheus.namespace}/{prometheus.account} of {prometheus} may not: "
                f"{'; '.join(map(str, missing))}. It finds no pod to scrape.",
                f"{missing[0].command(user)}  # grant it by a Role there, or a ClusterRole",
            )
    return ok(f"{', '.join(map(str, takers))} may look for its pods.")


async def network(case: Case) -> Finding:
    """No NetworkPolicy keeps the Prometheus from the exporters' port."""
    policies = await case.api.list(NETWORK_POLICY, case.key.namespace)
    pods = await case.pods()
    if not policies:
        return ok(f"There is no NetworkPolicy in {case.key.namespace}.")
    if not pods:
        return unknown("There are no pods yet that a NetworkPolicy could select.")
    takers = await _takers(case)
    if not takers:
        return unknown(f"{NONE_KNOWN} NetworkPolicies in {case.key.namespace}: {_names(policies)}.")
    for prometheus in takers:
        peer = await _peer(case, prometheus)
        for pod in pods:
            verdict = judge(policies, labels(pod), peer, port(pod), EXPORTER_PORT_NAME)
            if not verdict.open:
                return _shut(case, prometheus, pod, verdict)
    return ok("The NetworkPolicies let the Prometheus in.")


async def _takers(case: Case) -> Sequence[Prometheus]:
    every = await case.prometheuses()
    if not every or not await case.monitors():
        return []
    return [prometheus for prometheus, reason in await refused(case, every) if reason is None]


async def _wanted(case: Case) -> list[Right]:
    """What Prometheus' service discovery lists and watches for a monitor of the kind."""
    resources = [("", "pods")]
    if await case.monitor_kind() != POD_MONITOR:
        resources += [("", "services"), ("discovery.k8s.io", "endpointslices")]
    return [
        Right(group, resource, verb, case.key.namespace)
        for group, resource in resources
        for verb in ("get", "list", "watch")
    ]


async def _peer(case: Case, prometheus: Prometheus) -> Peer:
    """Its pods, as Prometheus Operator labels them, and their namespace."""
    namespace = await case.api.get(NAMESPACE, prometheus.namespace)
    selector = f"app.kubernetes.io/instance={prometheus.name}"
    found = await case.api.list(POD, prometheus.namespace, selector)
    known = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": prometheus.name}
    return Peer(
        namespace=prometheus.namespace,
        namespace_labels=labels(namespace or {}),
        pod_labels=labels(found[0]) if found else {**known, "prometheus": prometheus.name},
    )


def _shut(case: Case, prometheus: Prometheus, pod: Manifest, verdict: Verdict) -> Finding:
    evidence = (
        f"Pod {pod['metadata']['name']} is selected by NetworkPolicy {', '.join(verdict.policies)}, and no rule lets "
        f"{prometheus} in at port {port(pod)}"
    )
    following = f"kubectl describe networkpolicy -n {case.key.namespace}"
    if verdict.uncertain:
        return unknown(f"{evidence}, unless one by address (ipBlock) does.", following)
    return problem(f"{evidence}.", f"{following}  # then allow port {port(pod)} from namespace {prometheus.namespace}")


def _names(policies: Sequence[Manifest]) -> str:
    return ", ".join(policy["metadata"]["name"] for policy in policies)
