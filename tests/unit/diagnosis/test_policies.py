"""NetworkPolicies are read as Kubernetes defines them."""

from typing import Any

import pytest

from rayscope.diagnosis.policies import Peer, judge

PEER = Peer("monitoring", {"kubernetes.io/metadata.name": "monitoring"}, {"app.kubernetes.io/name": "prometheus"})
POD = {"ray.io/cluster": "llm-x7k2p"}


def policy(*ingress: dict[str, Any], name: str = "mine", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "serving"},
        "spec": {"podSelector": {}, "ingress": list(ingress), **spec},
    }


def is_open(*policies: dict[str, Any]) -> bool:
    return judge(policies, POD, PEER, 9475, "vllm-metrics").open


FROM_MONITORING = {"namespaceSelector": {"matchLabels": PEER.namespace_labels}}
FROM_PROMETHEUS = {**FROM_MONITORING, "podSelector": {"matchLabels": PEER.pod_labels}}


def test_a_pod_that_no_policy_selects_is_open() -> None:
    assert is_open()
    assert is_open(policy(podSelector={"matchLabels": {"app": "other"}}))
    assert is_open(policy(policyTypes=["Egress"]))


def test_deny_all_shuts_it() -> None:
    verdict = judge([policy(name="deny-all")], POD, PEER, 9475, "vllm-metrics")
    assert not verdict.open
    assert verdict.policies == ("deny-all",)
    assert not verdict.uncertain


@pytest.mark.parametrize(
    ("rule", "opened"),
    [
        ({}, True),
        ({"from": [FROM_MONITORING]}, True),
        ({"from": [FROM_PROMETHEUS]}, True),
        ({"from": [{"namespaceSelector": {}}]}, True),
        ({"from": [{"podSelector": {}}]}, False),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}]}, False),
        ({"from": [{**FROM_MONITORING, "podSelector": {"matchLabels": {"app": "x"}}}]}, False),
        ({"ports": [{"port": 9475}]}, True),
        ({"ports": [{"port": "vllm-metrics"}]}, True),
        ({"ports": [{"port": 9000, "endPort": 9999}]}, True),
        ({"ports": [{"protocol": "TCP"}]}, True),
        ({"ports": [{"port": 8000}]}, False),
        ({"ports": [{"port": 9475, "protocol": "UDP"}]}, False),
        ({"ports": [{"port": 8000}], "from": [FROM_MONITORING]}, False),
    ],
)
def test_a_rule_lets_in_by_source_and_port(rule: dict[str, Any], *, opened: bool) -> None:
    assert is_open(policy(rule)) is opened


def test_what_any_policy_allows_is_allowed() -> None:
    assert is_open(policy(name="deny-all"), policy({"from": [FROM_MONITORING]}, name="allow"))


def test_a_rule_by_address_may_or_may_not_let_it_in() -> None:
    verdict = judge([policy({"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]})], POD, PEER, 9475, "vllm-metrics")
    assert not verdict.open
    assert verdict.uncertain
