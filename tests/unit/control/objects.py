"""Objects as the API server gives them, as small as they can be."""

from __future__ import annotations

from typing import Any

from rayscope.model.names import MONITOR_LABEL, SERVICE_LABEL
from rayscope.model.service import Key, Service

KEY = Key("ns", "chat")
OWNER = "uid-of-the-service"


def service(label: str | None = "vllm", config: str | None = None, **metadata: Any) -> Service:
    labels = {} if label is None else {MONITOR_LABEL: label}
    identity = {"namespace": KEY.namespace, "name": KEY.name, "uid": OWNER, "labels": labels}
    return Service.of({"metadata": identity | metadata, "spec": {"serveConfigV2": config}})


def monitor(name: str = "chat-rayscope", *, owner: str = OWNER, interval: str = "30s") -> dict[str, Any]:
    """A child as it is rendered."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {
            "namespace": KEY.namespace,
            "name": name,
            "labels": {SERVICE_LABEL: KEY.name},
            "ownerReferences": [{"kind": "RayService", "uid": owner}],
        },
        "spec": {"podMetricsEndpoints": [{"interval": interval}]},
    }


def rule() -> dict[str, Any]:
    """A child of another kind."""
    return {**monitor(), "kind": "PrometheusRule"}


def stored(manifest: dict[str, Any], version: str, **labels: str) -> dict[str, Any]:
    """Its metadata, as the API server answers."""
    metadata = manifest["metadata"]
    return {
        "metadata": metadata
        | {"uid": "uid-of-the-child", "resourceVersion": version, "labels": metadata["labels"] | labels}
    }
