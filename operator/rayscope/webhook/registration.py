"""The MutatingWebhookConfiguration by which the API server sends us RayClusters, for a server outside of the cluster.

Inside, the chart installs the same, with a Service in place of the URL. It asks for as little as there is to decide
on: a cluster that is not labelled, or not made for a RayService, never waits for us, and none longer than TIMEOUT.
"""

from __future__ import annotations

from typing import Any

from rayscope.model.names import (
    MANAGED_BY_LABEL,
    MANAGER,
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    SYSTEM_NAMESPACES,
)

WEBHOOK = "rayclusters.rayscope.dev"
"""For ever: the caBundle is applied under this name, and would stay behind as a torso under another."""
TIMEOUT = 3
"""Seconds that a RayCluster's creation waits for us at most."""


def configuration(name: str, url: str) -> dict[str, Any]:
    """The object, for a server at `url`; the caBundle is added by who owns the certificates."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": name, "labels": {MANAGED_BY_LABEL: MANAGER}},
        "webhooks": [
            {
                "name": WEBHOOK,
                "clientConfig": {"url": url},
                "rules": [
                    {
                        "apiGroups": ["ray.io"],
                        "apiVersions": ["v1"],
                        "resources": ["rayclusters"],
                        "operations": ["CREATE", "UPDATE"],
                        "scope": "Namespaced",
                    }
                ],
                "objectSelector": {
                    "matchLabels": {MONITOR_LABEL: MONITOR_VALUE, RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND}
                },
                "namespaceSelector": {
                    "matchExpressions": [
                        {
                            "key": "kubernetes.io/metadata.name",
                            "operator": "NotIn",
                            "values": sorted(SYSTEM_NAMESPACES),
                        }
                    ]
                },
                "matchPolicy": "Equivalent",
                "failurePolicy": "Ignore",
                "reinvocationPolicy": "IfNeeded",
                "sideEffects": "None",
                "timeoutSeconds": TIMEOUT,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
