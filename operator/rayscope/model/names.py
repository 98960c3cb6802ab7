"""Every name that Rayscope gives or relies on: labels, annotations, paths, ports, object names.

One place for a fact. Whoever reads a cluster and wonders what a name means finds it here.
"""

from __future__ import annotations

import hashlib
import re

DOMAIN = "rayscope.dev"
MANAGER = "rayscope"
"""Field manager of every server-side apply, and the value of the managed-by label."""

# What a user writes.
MONITOR_LABEL = f"{DOMAIN}/monitor"
"""The opt-in, on the RayService. KubeRay copies it to each RayCluster that it creates."""
MONITOR_VALUE = "vllm"

# What Rayscope writes.
SERVICE_LABEL = f"{DOMAIN}/service"
"""On injected pod templates and on every object that Rayscope creates for one RayService: its name."""
PAYLOAD_ANNOTATION = f"{DOMAIN}/payload"
"""On an injected RayCluster: what was injected, and how to take it out again (JSON)."""
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
NAME_LABEL = "app.kubernetes.io/name"
COMPONENT_LABEL = "app.kubernetes.io/component"

# Inside the pod.
MULTIPROC_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads it once, at import (prometheus_client/values.py)."""
DIRECTORY = "/var/run/rayscope/prometheus"
"""The variable's value and the volume's mountPath, in the Ray container and in the exporter."""
VOLUME = "rayscope"
EXPORTER_CONTAINER = "rayscope-exporter"
EXPORTER_VOLUME = "rayscope-exporter"
"""The ConfigMap with the exporter's zipapp, mounted into the exporter alone."""
EXPORTER_MOUNT = "/opt/rayscope"
EXPORTER_FILE = "exporter.pyz"
EXPORTER_PORT = 9475
EXPORTER_PORT_NAME = "vllm-metrics"
"""At most 15 characters, as Kubernetes demands of a port's name."""
OUT_OF_MEMORY = "memory"
"""What an exporter's `/status` says under `failing` where it has reached its own limit."""

FAMILY_PREFIX = r"^[a-zA-Z_:][a-zA-Z0-9_:]*$"
"""How a metric family's name may begin (Prometheus' data model): no comma, and no `$` for Kubernetes to expand."""

# KubeRay's (ray-operator/controllers/ray/utils/constant.go).
RAY_API_VERSION = "ray.io/v1"
RAY_CLUSTER_LABEL = "ray.io/cluster"
RAY_GROUP_LABEL = "ray.io/group"
RAY_NODE_TYPE_LABEL = "ray.io/node-type"
RAY_ORIGIN_NAME_LABEL = "ray.io/originated-from-cr-name"
RAY_ORIGIN_KIND_LABEL = "ray.io/originated-from-crd"
RAY_ORIGIN_KIND = "RayService"
RAY_HASH_ANNOTATION = "ray.io/hash-without-replicas-and-workers-to-delete"
"""On a RayCluster: the hash of the spec it was made of. Any other value is KubeRay's reason for a new cluster."""
RAY_GROUPS_ANNOTATION = "ray.io/num-worker-groups"
RAY_METRICS_PORT_NAME = "metrics"
"""The port on which every Ray pod exports Ray's own metrics; KubeRay adds it where it is missing."""
RAY_METRICS_PORT = 8080
RAY_SERVE_LABEL = "ray.io/serve"
"""On KubeRay's Services for Serve, with the value that `serve_label` makes; on pods, it says whether they serve."""

# Admission.
WEBHOOK_CONFIGURATION = MANAGER
"""The MutatingWebhookConfiguration."""
WEBHOOK = f"inject.{DOMAIN}"
"""Its one webhook."""
WEBHOOK_PATH = "/mutate"

# Namespaces that no admission webhook may touch: a mistake there takes the cluster down.
SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})


def exporter_config_map(digest: str) -> str:
    """The ConfigMap that holds the exporter `digest` (hex), in whichever namespace; its name says what is in it."""
    return f"rayscope-exporter-{digest}"


def pod_monitor(service: str) -> str:
    """The PodMonitor of `service`; nobody else's, because no other service's name gives the same one."""
    return f"{service}-rayscope"


def service_monitor(service: str) -> str:
    """The ServiceMonitor that stands in for the PodMonitor, under the same name, so that a switch changes no job."""
    return pod_monitor(service)


def prometheus_rule(service: str) -> str:
    """The PrometheusRule of `service`."""
    return f"{service}-rayscope"


def app_monitor(service: str) -> str:
    """The ServiceMonitor of the route that the application of `service` serves."""
    return f"{service}-rayscope-app"


def cluster_targets(cluster: str) -> str:
    """The headless Service that lists the pods of `cluster` for a ServiceMonitor."""
    return _service_name(f"{cluster}-rayscope")


def service_targets(service: str) -> str:
    """The headless Service that lists the injected pods of `service` while none of its clusters is known."""
    return _service_name(f"{service}-rayscope-pods")


def serve_label(origin: str) -> str:
    """Value of `RAY_SERVE_LABEL` on the Serve Service that KubeRay makes for a RayService, or for one cluster of it."""
    return f"{origin}-serve"


def _service_name(name: str) -> str:
    """The name where a Service may have it (RFC 1035: 63 characters, a letter first), else one made of its hash."""
    if re.fullmatch("[a-z]([-a-z0-9]{0,61}[a-z0-9])?", name):
        return name
    return f"rayscope-{hashlib.sha256(name.encode()).hexdigest()[:10]}"
