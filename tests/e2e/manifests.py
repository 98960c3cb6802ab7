"""What the tests put on the cluster besides KubeRay and Rayscope: Prometheus with its operator, and a RayService."""

import json

from tests.plane.client import Manifest
from tests.plane.resources import PROMETHEUSES, RAY_SERVICES

MONITORING = "rayscope-e2e"
NAMESPACE: Manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MONITORING}}
LABELS = {"rayscope.dev/e2e": "true"}
OPERATOR = "prometheus-operator"
PROMETHEUS = "e2e"
SCRAPE_INTERVAL = "2s"
SLOTS = 2
FOLDER = "/tmp/e2e"
"""Where the application keeps its ledger."""
SERVE_CONFIG = "applications: [{name: llm, import_path: 'served:app', route_prefix: /}]\n"


def prometheus_operator(image: str, reloader: str) -> list[Manifest]:
    return [NAMESPACE, *_account(OPERATOR, "cluster-admin"), _operator(image, reloader)]


def prometheus(image: str) -> list[Manifest]:
    """A namespace, and in it one that takes every monitor of every namespace."""
    return [NAMESPACE, *_account("prometheus", "rayscope-e2e-prometheus"), _prometheus_role(), _prometheus(image)]


def ray_service(namespace: str, name: str, image: str, labels: dict[str, str]) -> Manifest:
    """A head and a worker, with as many replicas in each."""
    return service_of(namespace, name, labels, ray_node("ray-head", image), [worker_group("workers", image)])


def service_of(
    namespace: str, name: str, labels: dict[str, str], head: Manifest, groups: list[Manifest], **cluster: object
) -> Manifest:
    """Of these nodes; CLUSTER is what else is to be in the RayCluster."""
    wanted = {"rayVersion": "2.60.0", "headGroupSpec": head, "workerGroupSpecs": groups, **cluster}
    return {
        "apiVersion": RAY_SERVICES.api_version,
        "kind": "RayService",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"serveConfigV2": SERVE_CONFIG, "rayClusterConfig": wanted},
    }


def worker_group(name: str, image: str, *, slots: int = SLOTS) -> Manifest:
    size = {"replicas": 1, "minReplicas": 1, "maxReplicas": 1}
    return {"groupName": name, **size, **ray_node("ray-worker", image, slots=slots)}


def ray_node(container: str, image: str, *, slots: int = SLOTS) -> Manifest:
    """With room for so many replicas."""
    resources = {"requests": {"cpu": "50m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}}
    ray: Manifest = {"name": container, "image": image, "imagePullPolicy": "IfNotPresent", "resources": resources}
    ray |= _probes(serves=container == "ray-worker")
    ray["volumeMounts"] = [{"name": "e2e", "mountPath": FOLDER}]
    return {
        "rayStartParams": {"num-cpus": "1", "resources": json.dumps(json.dumps({"slot": slots}))},
        "template": {"spec": {"containers": [ray], "volumes": [{"name": "e2e", "emptyDir": {}}]}},
    }


def _probes(*, serves: bool) -> Manifest:
    """What KubeRay asks by default, with more patience: what a busy machine does to Ray is no story of these.

    A worker is asked more often: as long as its head serves alone, a head that KubeRay finds slow leaves nobody.
    """
    alive, proxy = "localhost:52365/api/local_raylet_healthz", "localhost:8000/-/healthz"

    def probe(*addresses: str, period: int = 5, failures: int = 1) -> Manifest:
        asked = " && ".join(f"wget --tries 1 -T 25 -q -O- http://{each} | grep success" for each in addresses)
        patience = {"initialDelaySeconds": 10, "periodSeconds": period, "timeoutSeconds": 60}
        return {"exec": {"command": ["bash", "-c", asked]}, **patience, "failureThreshold": failures}

    ready = probe(alive, proxy, period=2) if serves else probe(alive)
    return {"livenessProbe": probe(alive, period=30, failures=20), "readinessProbe": ready}


def _account(name: str, role: str) -> list[Manifest]:
    metadata = {"name": name, "namespace": MONITORING}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"rayscope-e2e-{name}", "labels": LABELS},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", **metadata}],
    }
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, binding]


def _prometheus_role() -> Manifest:
    read = ["get", "list", "watch"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "rayscope-e2e-prometheus", "labels": LABELS},
        "rules": [
            {"apiGroups": [""], "resources": ["pods", "services", "endpoints", "namespaces"], "verbs": read},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
        ],
    }


def _operator(image: str, reloader: str) -> Manifest:
    labels = {"app": OPERATOR}
    container = {"name": OPERATOR, "image": image, "args": [f"--prometheus-config-reloader={reloader}"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": OPERATOR, "namespace": MONITORING},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"serviceAccountName": OPERATOR, "containers": [container]},
            },
        },
    }


def _prometheus(image: str) -> Manifest:
    """With a share of the machine: one that asks for none scrapes nothing for as long as a Ray starts."""
    return {
        "apiVersion": PROMETHEUSES.api_version,
        "kind": "Prometheus",
        "metadata": {"name": PROMETHEUS, "namespace": MONITORING},
        "spec": {
            "image": image,
            "version": image.rpartition(":")[2].partition("-")[0],
            "serviceAccountName": "prometheus",
            "scrapeInterval": SCRAPE_INTERVAL,
            "scrapeTimeout": SCRAPE_INTERVAL,
            "securityContext": {"runAsUser": 65534, "runAsNonRoot": True, "fsGroup": 65534},
            "resources": {"requests": {"cpu": "100m"}},
            "podMonitorSelector": {},
            "podMonitorNamespaceSelector": {},
            "serviceMonitorSelector": {},
            "serviceMonitorNamespaceSelector": {},
            "ruleSelector": {},
            "ruleNamespaceSelector": {},
        },
    }
