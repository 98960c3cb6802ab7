"""The resources that tests read and write, and their paths in the API."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Resource:
    """A kind of object, as the API's paths name it. The core group is the empty string."""

    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """The path of the collection, of one object, or of a part of one; of all namespaces without NAMESPACE."""
        root = "/apis" if self.group else "/api"
        scope = f"/namespaces/{namespace}" if namespace else ""
        rest = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{root}/{self.api_version}{scope}/{self.plural}{rest}"


NAMESPACES = Resource("", "v1", "namespaces")
PODS = Resource("", "v1", "pods")
SERVICES = Resource("", "v1", "services")
CONFIG_MAPS = Resource("", "v1", "configmaps")
SECRETS = Resource("", "v1", "secrets")
EVENTS = Resource("", "v1", "events")
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts")
LEASES = Resource("coordination.k8s.io", "v1", "leases")
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles")
CLUSTER_ROLE_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings")
CRDS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
MUTATING_WEBHOOKS = Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations")
RAY_SERVICES = Resource("ray.io", "v1", "rayservices")
RAY_CLUSTERS = Resource("ray.io", "v1", "rayclusters")
RAY_JOBS = Resource("ray.io", "v1", "rayjobs")
POD_MONITORS = Resource("monitoring.coreos.com", "v1", "podmonitors")
SERVICE_MONITORS = Resource("monitoring.coreos.com", "v1", "servicemonitors")
VLLM_MONITORS = Resource("rayscope.dev", "v1alpha1", "vllmmonitors")
PROMETHEUS_RULES = Resource("monitoring.coreos.com", "v1", "prometheusrules")
PROMETHEUSES = Resource("monitoring.coreos.com", "v1", "prometheuses")
PROMETHEUS_AGENTS = Resource("monitoring.coreos.com", "v1alpha1", "prometheusagents")
VLLM_MONITORS = Resource("rayscope.dev", "v1alpha1", "vllmmonitors")
