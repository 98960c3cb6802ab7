"""The kinds of objects that Rayscope reads or writes, and where the API server has them.

A static table: discovery would cost a hundred requests at start, and would fail where a kind is not installed (yet).
"""

from __future__ import annotations

from dataclasses import dataclass

from rayscope.model.manifest import Manifest


@dataclass(frozen=True)
class Kind:
    """A kind of object, by its names in the API."""

    group: str
    """Empty for Kubernetes' core."""
    version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """URL path of one object, or of a collection; without a namespace: of all namespaces."""
        parts = [f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts.append(self.plural)
        if name:
            parts.append(name)
        return "/".join(parts)


RAY_SERVICE = Kind("ray.io", "v1", "RayService", "rayservices")
RAY_CLUSTER = Kind("ray.io", "v1", "RayCluster", "rayclusters")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
EVENT = Kind("", "v1", "Event", "events")
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
POD = Kind("", "v1", "Pod", "pods")
SECRET = Kind("", "v1", "Secret", "secrets")
SERVICE = Kind("", "v1", "Service", "services")
SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts")
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")
ENDPOINT_SLICE = Kind("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices")
NETWORK_POLICY = Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases")
VLLM_MONITOR = Kind("rayscope.dev", "v1alpha1", "VLLMMonitor", "vllmmonitors")
POD_MONITOR = Kind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors")
SERVICE_MONITOR = Kind("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors")
PROMETHEUS_RULE = Kind("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules")
PROMETHEUS = Kind("monitoring.coreos.com", "v1", "Prometheus", "prometheuses")
PROMETHEUS_AGENT = Kind("monitoring.coreos.com", "v1alpha1", "PrometheusAgent", "prometheusagents")
CRD = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False)
WEBHOOK_CONFIGURATION = Kind(
    "admissionregistration.k8s.io",
    "v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
    namespaced=False,
)
ACCESS_REVIEW = Kind("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", namespaced=False)
"""A question, and no object: what somebody else may do."""

KINDS = (
    RAY_SERVICE,
    RAY_CLUSTER,
    CONFIG_MAP,
    EVENT,
    NAMESPACE,
    POD,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    NETWORK_POLICY,
    LEASE,
    VLLM_MONITOR,
    POD_MONITOR,
    SERVICE_MONITOR,
    PROMETHEUS_RULE,
    PROMETHEUS,
    PROMETHEUS_AGENT,
    CRD,
    WEBHOOK_CONFIGURATION,
    ACCESS_REVIEW,
)
_BY_NAME = {(kind.api_version, kind.kind): kind for kind in KINDS}


def kind_of(manifest: Manifest) -> Kind:
    """The kind of a manifest; KeyError where it is none of the table."""
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]
