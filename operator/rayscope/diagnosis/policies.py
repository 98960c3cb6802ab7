"""NetworkPolicies (networking.k8s.io/v1): whether they let a peer into a pod, at a port. Pure.

A pod that no policy selects for ingress is open to all; one that is selected is open to what any policy's rule allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.selector import selects


@dataclass(frozen=True)
class Peer:
    """Who wants in."""

    namespace: str
    namespace_labels: Mapping[str, str]
    pod_labels: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """Whether the peer gets in."""

    open: bool
    policies: tuple[str, ...] = ()
    """Those that select the pod."""
    uncertain: bool = False
    """Whether a rule by address might let it in."""


def judge(policies: Iterable[Manifest], pod_labels: Mapping[str, str], peer: Peer, number: int, name: str) -> Verdict:
    """The verdict on `peer` at a pod's TCP port. `policies` are all of the pod's namespace."""
    isolating = [policy for policy in policies if _isolates(policy, pod_labels)]
    if not isolating:
        return Verdict(open=True)
    names = tuple(policy["metadata"]["name"] for policy in isolating)
    rules = [
        (rule, policy["metadata"]["namespace"])
        for policy in isolating
        for rule in sequence(policy, "spec", "ingress")
        if _at_port(rule, number, name)
    ]
    admits = any(_admits(rule, peer, namespace) for rule, namespace in rules)
    by_address = any("ipBlock" in source for rule, _ in rules for source in sequence(rule, "from"))
    return Verdict(admits, names, uncertain=by_address)


def _isolates(policy: Manifest, pod_labels: Mapping[str, str]) -> bool:
    """Ingress is meant wherever policyTypes does not leave it out."""
    spec = mapping(policy, "spec")
    return "Ingress" in (spec.get("policyTypes") or ("Ingress",)) and selects(mapping(spec, "podSelector"), pod_labels)


def _at_port(rule: Manifest, number: int, name: str) -> bool:
    ports = sequence(rule, "ports")
    return not ports or any(_is_port(port, number, name) for port in ports)


def _is_port(port: Manifest, number: int, name: str) -> bool:
    if port.get("protocol", "TCP") != "TCP":
        return False
    wanted = port.get("port")
    if wanted is None or wanted == name:
        return True
    return isinstance(wanted, int) and wanted <= number <= (port.get("endPort") or wanted)


def _admits(rule: Manifest, peer: Peer, namespace: str) -> bool:
    sources = sequence(rule, "from")
    return not sources or any(_is_peer(source, peer, namespace) for source in sources)


def _is_peer(source: Manifest, peer: Peer, namespace: str) -> bool:
    """Without a namespaceSelector the policy's own namespace is meant; an empty selector selects all."""
    if "ipBlock" in source:
        return False
    namespaces, pods = source.get("namespaceSelector"), source.get("podSelector")
    there = peer.namespace == namespace if namespaces is None else selects(namespaces, peer.namespace_labels)
    return there and selects(pods or {}, peer.pod_labels)
