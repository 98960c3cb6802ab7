"""For every value of the chart: something else than the default, and what becomes of it."""
# ruff: noqa: FBT003 - a value of the chart may be true

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chart.chart import Object, Rendered

Look = Callable[[Rendered], Any]
DIGEST = f"sha256:{'0' * 64}"
ISSUER = {"kind": "ClusterIssuer", "name": "company"}
RULE = {"ports": [{"port": 1234}]}
RELABELING = {"action": "labeldrop", "regex": "pod"}
PEER = {"podSelector": {"matchLabels": {"a": "b"}}}


@dataclass(frozen=True)
class Case:
    """`path` set to `value`, with `beside` set as well, makes `look` see `seen`; `beside` alone makes it see something
    else."""

    path: str
    value: Any
    look: Look
    seen: Any = True
    beside: dict[str, Any] = field(default_factory=dict)


def _argument(argument: str) -> Look:
    return lambda rendered: argument in rendered.args


def _pod(name: str) -> Look:
    return lambda rendered: rendered.pod.get(name)


def _container(name: str) -> Look:
    return lambda rendered: rendered.container.get(name)


def _kinds(kind: str) -> Look:
    return lambda rendered: len(rendered.all(kind))


def _metadata(kind: str, part: str, key: str, name: str = "rayscope") -> Look:
    return lambda rendered: rendered.the(kind, name)["metadata"].get(part, {}).get(key)


def _everywhere(part: str) -> Look:
    """Whether all objects, and the pods, have a=b."""

    def look(rendered: Rendered) -> bool:
        every = [*rendered.objects, rendered.deployment["template"]]
        return all(found["metadata"].get(part, {}).get("a") == "b" for found in every)

    return look


def _port(name: str) -> Look:
    return lambda rendered: {port["name"]: port["containerPort"] for port in rendered.container["ports"]}.get(name)


def _policy(direction: str) -> Look:
    return lambda rendered: RULE in rendered.the("NetworkPolicy")["spec"][direction]


def _egress(number: int) -> Look:
    def look(rendered: Rendered) -> list[int]:
        return [port["port"] for port in rendered.the("NetworkPolicy")["spec"]["egress"][number]["ports"]]

    return look


def _endpoint(name: str) -> Look:
    return lambda rendered: rendered.the("ServiceMonitor")["spec"]["endpoints"][0].get(name)


def _certificate(name: str) -> Look:
    return lambda rendered: rendered.the("Certificate", "rayscope-webhook")["spec"][name]


def _dashboards(rendered: Rendered) -> list[Object]:
    found = [each for each in rendered.all("ConfigMap") if "-dashboard-" in each["metadata"]["name"]]
    assert found
    return found


def _probe(name: str) -> Look:
    return lambda rendered: rendered.container[name]["periodSeconds"]


def _metrics_from(rendered: Rendered) -> Any:
    return rendered.the("NetworkPolicy")["spec"]["ingress"][1].get("from")


MONITORED: dict[str, Any] = {"serviceMonitor": {"enabled": True}}
RULED: dict[str, Any] = {"rules": {"global": True}}
BOARDS: dict[str, Any] = {"dashboards": {"enabled": True}}
POLICED: dict[str, Any] = {"networkPolicy": {"enabled": True}}
CERTIFIED: dict[str, Any] = {"webhook": {"certManager": {"enabled": True}}}

CASES = [
    Case("fullnameOverride", "other", lambda rendered: ("Deployment", "other") in rendered.names),
    Case("fullnameOverride", "other", _argument("--lease=other")),
    Case("fullnameOverride", "other", _argument("--webhook-service=other-webhook")),
    Case("fullnameOverride", "other", _argument("--webhook-configuration=other")),
    Case("fullnameOverride", "other", _argument("--cert-secret=other-webhook")),
    Case("commonLabels", {"a": "b"}, _everywhere("labels")),
    Case("commonAnnotations", {"a": "b"}, _everywhere("annotations")),
    Case("replicaCount", 3, lambda rendered: rendered.deployment["replicas"], 3),
    Case("replicaCount", 1, _kinds("PodDisruptionBudget"), 0),
    Case("image.repository", "mirror/rayscope", _container("image"), "mirror/rayscope:0.1.0"),
    Case("image.tag", "main", _container("image"), "ghcr.io/rayscope/rayscope:main"),
    Case("image.digest", DIGEST, _container("image"), f"ghcr.io/rayscope/rayscope@{DIGEST}"),
    Case("image.pullPolicy", "Always", _container("imagePullPolicy"), "Always"),
    Case("imagePullSecrets", [{"name": "registry"}], _pod("imagePullSecrets"), [{"name": "registry"}]),
    Case("watchNamespaces", ["serving"], _argument("--watch-namespace=serving")),
    Case("watchNamespaces", ["serving"], _argument("--no-webhook")),
    Case("watchNamespaces", ["serving"], _kinds("MutatingWebhookConfiguration"), 0),
    Case("watchNamespaces", ["serving", "research"], _kinds("Role"), 3),
    Case("monitorLabels", {"release": "prometheus"}, _argument("--monitor-labels=release=prometheus")),
    Case("logFormat", "json", _argument("--log-format=json")),
    Case("verbose", True, _argument("--verbose")),
    Case("drainSeconds", 9, _argument("--drain=9")),
    Case("extraArgs", ["--lease=mine"], _argument("--lease=mine")),
    Case("extraEnv", [{"name": "A", "value": "b"}], lambda rendered: rendered.container["env"][-1]["name"], "A"),
    Case("extraVolumes", [{"name": "a", "emptyDir": {}}], _pod("volumes"), [{"name": "a", "emptyDir": {}}]),
    Case(
        "extraVolumeMounts",
        [{"name": "a", "mountPath": "/a"}],
        _container("volumeMounts"),
        [{"name": "a", "mountPath": "/a"}],
    ),
    Case("crds.enabled", False, _kinds("CustomResourceDefinition"), 0),
    Case(
        "crds.keep",
        False,
        _metadata("CustomResourceDefinition", "annotations", "helm.sh/resource-policy", "vllmmonitors.rayscope.dev"),
        None,
    ),
    Case("serviceAccount.create", False, _kinds("ServiceAccount"), 0),
    Case("serviceAccount.create", False, _pod("serviceAccountName"), "default"),
    Case("serviceAccount.name", "mine", _pod("serviceAccountName"), "mine"),
    Case("serviceAccount.name", "mine", lambda rendered: bool(rendered.find("ServiceAccount", "mine"))),
    Case("serviceAccount.name", "mine", lambda rendered: rendered.the("RoleBinding")["subjects"][0]["name"], "mine"),
    Case("serviceAccount.annotations", {"a": "b"}, _metadata("ServiceAccount", "annotations", "a"), "b"),
    Case("rbac.create", False, lambda rendered: any("Role" in kind for kind, _ in rendered.names), False),
    Case("rbac.aggregate", False, lambda rendered: bool(rendered.find("ClusterRole", "rayscope-view")), False),
    Case("webhook.enabled", False, _kinds("MutatingWebhookConfiguration"), 0),
    Case("webhook.enabled", False, _kinds("Service"), 0),
    Case("webhook.enabled", False, _argument("--no-webhook")),
    Case("webhook.enabled", False, _port("webhook"), None),
    Case("webhook.failurePolicy", "Fail", lambda rendered: rendered.webhook["failurePolicy"], "Fail"),
    Case("webhook.timeoutSeconds", 5, lambda rendered: rendered.webhook["timeoutSeconds"], 5),
    Case(
        "webhook.namespaceSelector",
        {"matchLabels": {"team": "ml"}, "matchExpressions": None},
        lambda rendered: rendered.webhook["namespaceSelector"],
        {"matchLabels": {"team": "ml"}},
    ),
    Case("webhook.port", 10250, _port("webhook"), 10250),
    Case("webhook.port", 10250, _argument("--webhook-port=10250")),
    Case("webhook.annotations", {"a": "b"}, _metadata("MutatingWebhookConfiguration", "annotations", "a"), "b"),
    Case("webhook.certManager.enabled", True, _kinds("Certificate"), 2),
    Case("webhook.certManager.enabled", True, _argument("--cert-dir=/etc/rayscope/certificate")),
    Case(
        "webhook.certManager.enabled",
        True,
        _metadata("MutatingWebhookConfiguration", "annotations", "cert-manager.io/inject-ca-from"),
        "rayscope/rayscope-webhook",
    ),
    Case("webhook.certManager.issuerRef", ISSUER, _certificate("issuerRef"), ISSUER, CERTIFIED),
    Case("webhook.certManager.duration", "2160h", _certificate("duration"), "2160h", CERTIFIED),
    Case("webhook.certManager.renewBefore", "360h", _certificate("renewBefore"), "360h", CERTIFIED),
    Case("metrics.port", 8081, _port("http"), 8081),
    Case("metrics.port", 8081, _argument("--health-port=8081")),
    Case("serviceMonitor.enabled", True, _kinds("ServiceMonitor"), 1),
    Case("serviceMonitor.enabled", True, lambda rendered: bool(rendered.find("Service", "rayscope-metrics"))),
    Case("serviceMonitor.interval", "5s", _endpoint("interval"), "5s", MONITORED),
    Case("serviceMonitor.labels", {"a": "b"}, _metadata("ServiceMonitor", "labels", "a"), "b", MONITORED),
    Case("serviceMonitor.relabelings", [RELABELING], _endpoint("relabelings"), [RELABELING], MONITORED),
    Case("serviceMonitor.metricRelabelings", [RELABELING], _endpoint("metricRelabelings"), [RELABELING], MONITORED),
    Case("rules.global", False, _kinds("PrometheusRule"), 0),
    Case("rules.labels", {"a": "b"}, _metadata("PrometheusRule", "labels", "a"), "b", RULED),
    Case("dashboards.enabled", True, lambda rendered: len(rendered.all("ConfigMap")) > 0),
    Case("dashboards.namespace", "grafana", lambda r: _dashboards(r)[0]["metadata"]["namespace"], "grafana", BOARDS),
    Case("dashboards.labels", {"a": "b"}, lambda r: _dashboards(r)[0]["metadata"]["labels"].get("a"), "b", BOARDS),
    Case(
        "dashboards.annotations",
        {"a": "b"},
        lambda r: _dashboards(r)[0]["metadata"]["annotations"].get("a"),
        "b",
        BOARDS,
    ),
    Case(
        "dashboards.folder",
        "ML",
        lambda r: _dashboards(r)[0]["metadata"]["annotations"].get("grafana_folder"),
        "ML",
        BOARDS,
    ),
    Case("podDisruptionBudget.enabled", False, _kinds("PodDisruptionBudget"), 0),
    Case(
        "podDisruptionBudget.maxUnavailable",
        "50%",
        lambda rendered: rendered.the("PodDisruptionBudget")["spec"]["maxUnavailable"],
        "50%",
    ),
    Case("networkPolicy.enabled", True, _kinds("NetworkPolicy"), 1),
    Case("networkPolicy.metricsFrom", [PEER], _metrics_from, [PEER], POLICED),
    Case("networkPolicy.apiServerPorts", [8443], _egress(1), [8443], POLICED),
    Case("networkPolicy.podPorts", [9999], _egress(2), [9999], POLICED),
    Case("networkPolicy.extraIngress", [RULE], _policy("ingress"), beside=POLICED),
    Case("networkPolicy.extraEgress", [RULE], _policy("egress"), beside=POLICED),
    Case("resources", {"requests": {"cpu": "1"}}, lambda r: r.container["resources"]["requests"]["cpu"], "1"),
    Case("livenessProbe", {"periodSeconds": 7}, _probe("livenessProbe"), 7),
    Case("readinessProbe", {"periodSeconds": 7}, _probe("readinessProbe"), 7),
    Case("livenessProbe", None, lambda r: "livenessProbe" in r.container, False),
    Case("readinessProbe", None, lambda r: "readinessProbe" in r.container, False),
    Case("podSecurityContext", {"runAsUser": 1234}, lambda r: r.pod["securityContext"]["runAsUser"], 1234),
    Case("securityContext", {"runAsUser": 1234}, lambda r: r.container["securityContext"].get("runAsUser"), 1234),
    Case(
        "strategy",
        {"rollingUpdate": {"maxSurge": 2}},
        lambda r: r.deployment["strategy"]["rollingUpdate"]["maxSurge"],
        2,
    ),
    Case("strategy", {"type": "Recreate"}, lambda r: r.deployment["strategy"], {"type": "Recreate"}),
    Case("terminationGracePeriodSeconds", 60, _pod("terminationGracePeriodSeconds"), 60),
    Case("podLabels", {"a": "b"}, lambda r: r.deployment["template"]["metadata"]["labels"].get("a"), "b"),
    Case("podAnnotations", {"a": "b"}, lambda r: r.deployment["template"]["metadata"].get("annotations"), {"a": "b"}),
    Case("nodeSelector", {"a": "b"}, _pod("nodeSelector"), {"a": "b"}),
    Case("tolerations", [{"operator": "Exists"}], _pod("tolerations"), [{"operator": "Exists"}]),
    Case("affinity", {"podAffinity": {}}, _pod("affinity"), {"podAffinity": {}}),
    Case(
        "topologySpreadConstraints",
        [{"topologyKey": "zone"}],
        _pod("topologySpreadConstraints"),
        [{"topologyKey": "zone"}],
    ),
    Case("priorityClassName", "high", _pod("priorityClassName"), "high"),
    Case("hostNetwork", True, _pod("hostNetwork")),
    Case("hostNetwork", True, _pod("dnsPolicy"), "ClusterFirstWithHostNet"),
    Case(
        "extraObjects",
        [{"kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-extra"}}],
        lambda rendered: bool(rendered.find("ConfigMap", "rayscope-extra")),
    ),
    Case(
        "extraObjects",
        ["kind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text"],
        lambda rendered: bool(rendered.find("ConfigMap", "rayscope-text")),
    ),
]
