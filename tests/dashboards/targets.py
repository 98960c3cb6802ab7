"""What Prometheus Operator would tell a Prometheus about our pods: from the real PodMonitors, with pods that are given.

Its service discovery gives each pod's labels as `__meta_kubernetes_pod_label_*`; here they stand in the file, and the
monitors' own relabelings make of them what they make of them in a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rayscope.model.manifest import Manifest
from rayscope.model.monitor import MonitorSpec
from rayscope.model.names import EXPORTER_PORT_NAME, RAY_CLUSTER_LABEL, RAY_METRICS_PORT_NAME
from rayscope.model.service import Service
from rayscope.render.children import monitors
from rayscope.render.settings import Settings

NAMESPACE = "serving"


@dataclass(frozen=True)
class Pod:
    """A Ray pod of a service, and the addresses of its ports by their names."""

    service: Service
    name: str
    labels: Mapping[str, str]
    ports: Mapping[str, int]


def pod(service: Service, *, exporter: int | None = None, ray: int | None = None) -> Pod:
    """The one worker of the service's one cluster."""
    cluster = service.expected_clusters[0]
    ports = {EXPORTER_PORT_NAME: exporter, RAY_METRICS_PORT_NAME: ray}
    return Pod(
        service,
        f"{cluster}-worker-gpu-x7k2p",
        {RAY_CLUSTER_LABEL: cluster, "ray.io/node-type": "worker", "ray.io/group": "gpu"},
        {name: number for name, number in ports.items() if number},
    )


def ray_service(name: str) -> Service:
    cluster = f"{name}-q8zt4"
    return Service.of(
        {
            "apiVersion": "ray.io/v1",
            "kind": "RayService",
            "metadata": {"name": name, "namespace": NAMESPACE, "uid": "", "labels": {"rayscope.dev/monitor": "vllm"}},
            "status": {"activeServiceStatus": {"rayClusterName": cluster}},
        }
    )


def jobs(pods: Sequence[Pod]) -> list[Manifest]:
    """One job for each port of each pod, as Prometheus Operator names and relabels it (pkg/prometheus/promcfg.go)."""
    return [_job(one, endpoint) for one in pods for endpoint in _endpoints(one) if endpoint["port"] in one.ports]


def _endpoints(one: Pod) -> list[Manifest]:
    cluster = {"metadata": {"name": one.labels[RAY_CLUSTER_LABEL]}}
    (monitor,) = monitors(one.service, [cluster], MonitorSpec(), Settings(exporter=""))
    return list(monitor["spec"]["podMetricsEndpoints"])


def _job(one: Pod, endpoint: Manifest) -> Manifest:
    port = endpoint["port"]
    meta = {
        f"__meta_kubernetes_pod_label_{re.sub('[^a-zA-Z0-9_]', '_', key)}": value for key, value in one.labels.items()
    }
    job = f"{one.service.key.namespace}/{one.service.key.name}-rayscope"
    operators = {
        "namespace": one.service.key.namespace,
        "pod": one.name,
        "container": "rayscope-exporter" if port == EXPORTER_PORT_NAME else "ray-worker",
        "endpoint": port,
    }
    return {
        "job_name": f"podMonitor/{job}/{port}",
        "static_configs": [{"targets": [f"127.0.0.1:{one.ports[port]}"], "labels": {**meta, **operators, "job": job}}],
        "relabel_configs": [_snake(step) for step in endpoint.get("relabelings", ())],
        "metric_relabel_configs": [_snake(step) for step in endpoint.get("metricRelabelings", ())],
    }


def _snake(step: Mapping[str, Any]) -> Manifest:
    """A relabeling in the words of Prometheus' own file."""
    return {re.sub("[A-Z]", lambda found: f"_{found.group().lower()}", key): value for key, value in step.items()}
