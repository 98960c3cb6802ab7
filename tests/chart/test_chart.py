"""The chart as a whole: it lints, it is the same twice, and a wrong value is named."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.control.options import WEBHOOK_NAME
from rayscope.model.names import MANAGER
from tests.chart.chart import CHART, PROMETHEUS_OPERATOR, HelmError, helm, render, template
from tests.plane.versions import VERSIONS

EVERYTHING = {
    "serviceMonitor": {"enabled": True},
    "rules": {"global": True},
    "dashboards": {"enabled": True},
    "networkPolicy": {"enabled": True},
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a typo": ({"replicaCont": 2}, "'replicaCont' not allowed"),
    "a typo in a block": ({"webhook": {"failPolicy": "Fail"}}, "'failPolicy' not allowed"),
    "a typo two blocks down": ({"webhook": {"certManager": {"issuer": {}}}}, "'issuer' not allowed"),
    "a failurePolicy that there is not": (
        {"webhook": {"failurePolicy": "Ignored"}},
        "'/webhook/failurePolicy': value must be one of 'Ignore', 'Fail'",
    ),
    "a renderMode that there is not": ({"rules": {"renderMode": "always"}}, "'/rules/renderMode'"),
    "a pullPolicy that there is not": ({"image": {"pullPolicy": "Sometimes"}}, "'/image/pullPolicy'"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "'/image/digest'"),
    "a text for a number": ({"replicaCount": "two"}, "'/replicaCount': got string, want integer"),
    "less than nothing": ({"replicaCount": -1}, "'/replicaCount'"),
    "a timeout that the API server refuses": ({"webhook": {"timeoutSeconds": 31}}, "'/webhook/timeoutSeconds'"),
    "one namespace without its list": ({"watchNamespaces": "serving"}, "'/watchNamespaces'"),
    "a pull secret by its name alone": ({"imagePullSecrets": ["registry"]}, "'/imagePullSecrets/0'"),
}


def test_it_lints() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", f"--kube-version={VERSIONS.kubernetes}", CHART)


@pytest.mark.parametrize("values", [{}, EVERYTHING, {"watchNamespaces": ["b", "a"]}], ids=["default", "all", "some"])
def test_two_renderings_are_the_same_to_the_byte(values: dict[str, Any]) -> None:
    assert template(values, *PROMETHEUS_OPERATOR) == template(values, *PROMETHEUS_OPERATOR)


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_named(case: str) -> None:
    values, named = WRONG[case]
    with pytest.raises(HelmError, match="values don't meet the specifications") as refusal:
        template(values)
    assert named in str(refusal.value)


def test_a_drain_that_would_end_by_sigkill_is_refused() -> None:
    with pytest.raises(HelmError, match="drainSeconds: it must be less than terminationGracePeriodSeconds"):
        template({"drainSeconds": 30})


def test_a_missing_kind_is_left_out_or_refused_or_rendered() -> None:
    def monitors(mode: str, *options: str) -> int:
        values = {"serviceMonitor": {"enabled": True, "renderMode": mode}}
        return len(render(values, *options).all("ServiceMonitor"))

    assert monitors("skipIfMissing") == 0
    assert monitors("skipIfMissing", *PROMETHEUS_OPERATOR) == 1
    assert monitors("alwaysRender") == 1
    assert monitors("failIfMissing", *PROMETHEUS_OPERATOR) == 1
    with pytest.raises(HelmError, match=r"serviceMonitor\.renderMode: the cluster does not have monitoring"):
        monitors("failIfMissing")


def test_no_name_depends_on_the_release() -> None:
    assert render(release="other").names == render().names


def test_the_operators_own_defaults_are_the_names_in_the_chart() -> None:
    rendered = render()
    assert rendered.args == ["operator", "--drain=5"]
    assert rendered.find("Service", WEBHOOK_NAME)
    role = rendered.the("Role")
    assert [rule["resourceNames"] for rule in role["rules"] if "resourceNames" in rule] == [[MANAGER], [WEBHOOK_NAME]]


def test_the_ca_bundle_is_left_to_whoever_keeps_the_certificate() -> None:
    assert "caBundle" not in render().webhook["clientConfig"]
    assert "caBundle" not in render({"webhook": {"certManager": {"enabled": True}}}).webhook["clientConfig"]


def test_a_selector_finds_the_pods_and_never_changes_with_the_version() -> None:
    rendered = render()
    selector = rendered.deployment["selector"]["matchLabels"]
    assert selector.items() <= rendered.deployment["template"]["metadata"]["labels"].items()
    assert selector == {
        "app.kubernetes.io/name": "rayscope",
        "app.kubernetes.io/instance": "rayscope",
        "app.kubernetes.io/component": "operator",
    }
    assert rendered.the("Service", "rayscope-webhook")["spec"]["selector"] == selector
    assert rendered.the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == selector


def test_in_some_namespaces_nothing_of_the_cluster_is_made() -> None:
    values = {"watchNamespaces": ["serving", "research"], "crds": {"enabled": False}}
    kinds = {kind for kind, _ in render(values).names}
    assert kinds == {"ServiceAccount", "Role", "RoleBinding", "Deployment", "PodDisruptionBudget"}


def test_in_some_namespaces_the_rights_are_those_of_the_whole_cluster_less_what_only_that_has() -> None:
    everywhere = render().the("ClusterRole")["rules"]
    some = render({"watchNamespaces": ["serving"]}).the("Role", "rayscope-services")
    assert some["metadata"]["namespace"] == "serving"
    left_out = [rule["resources"] for rule in everywhere if rule not in some["rules"]]
    assert left_out == [["customresourcedefinitions"], ["mutatingwebhookconfigurations"]]
    assert all(rule in everywhere for rule in some["rules"])


def test_with_cert_manager_rayscope_reads_no_secret_and_writes_no_configuration() -> None:
    rendered = render({"webhook": {"certManager": {"enabled": True}}})
    asked = {
        resource
        for kind in ("ClusterRole", "Role")
        for rule in rendered.the(kind)["rules"]
        for resource in rule["resources"]
    }
    assert not asked & {"secrets", "mutatingwebhookconfigurations"}
    certificate = rendered.the("Certificate", "rayscope-webhook")
    [volume] = rendered.pod["volumes"]
    assert volume["secret"]["secretName"] == certificate["spec"]["secretName"]
    assert "rayscope-webhook.rayscope.svc" in certificate["spec"]["dnsNames"]


def test_with_an_issuer_of_ones_own_the_chart_brings_none() -> None:
    issuer = {"kind": "ClusterIssuer", "name": "company"}
    rendered = render({"webhook": {"certManager": {"enabled": True, "issuerRef": issuer}}})
    [certificate] = rendered.all("Certificate")
    assert certificate["spec"]["issuerRef"] == issuer
    assert not rendered.all("Issuer")


def test_a_single_replica_keeps_no_node_from_being_drained() -> None:
    assert not render({"replicaCount": 1}).all("PodDisruptionBudget")
