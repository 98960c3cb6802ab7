"""The MutatingWebhookConfiguration: which writes the API server asks Rayscope about, and what if nobody answers.

RayClusters that KubeRay makes for labelled services, and nothing else in the cluster: whoever did not ask for Rayscope
never waits for it. No answer within three seconds, or no Rayscope at all, lets the write through uninjected.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Literal

from rayscope.model.manifest import Manifest
from rayscope.model.names import (
    MONITOR_LABEL,
    MONITOR_VALUE,
    RAY_ORIGIN_KIND,
    RAY_ORIGIN_KIND_LABEL,
    SYSTEM_NAMESPACES,
    WEBHOOK,
    WEBHOOK_CONFIGURATION,
    WEBHOOK_PATH,
)
from rayscope.render.metadata import own_labels

TIMEOUT_SECONDS = 3

FailurePolicy = Literal["Ignore", "Fail"]


def service_client(namespace: str, name: str, ca_bundle: bytes | None = None) -> Manifest:
    """Reached through a Service, port 443. `ca_bundle` is PEM; None leaves it to whoever owns the certificates."""
    return {"service": {"namespace": namespace, "name": name, "path": WEBHOOK_PATH, "port": 443}, **_trust(ca_bundle)}


def url_client(host: str, port: int, ca_bundle: bytes) -> Manifest:
    """Reached by address: an operator that runs outside the cluster."""
    place = f"[{host}]" if ":" in host else host
    return {"url": f"https://{place}:{port}{WEBHOOK_PATH}", **_trust(ca_bundle)}


def webhook_configuration(client: Manifest, failure_policy: FailurePolicy = "Ignore") -> Manifest:
    """The configuration, for an API server that reaches Rayscope as `client` says."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": WEBHOOK_CONFIGURATION, "labels": own_labels("webhook")},
        "webhooks": [
            {
                "name": WEBHOOK,
                "clientConfig": client,
                "admissionReviewVersions": ["v1"],
                "rules": [_rule()],
                "objectSelector": _object_selector(),
                "namespaceSelector": _namespace_selector(),
                "matchConditions": [_alive()],
                "matchPolicy": "Equivalent",
                "failurePolicy": failure_policy,
                "reinvocationPolicy": "IfNeeded",
                "sideEffects": "None",
                "timeoutSeconds": TIMEOUT_SECONDS,
            }
        ],
    }


def _rule() -> Manifest:
    return {
        "apiGroups": ["ray.io"],
        "apiVersions": ["v1"],
        "resources": ["rayclusters"],
        "operations": ["CREATE", "UPDATE"],
        "scope": "Namespaced",
    }


def _object_selector() -> Manifest:
    """RayClusters of labelled services, by the labels that KubeRay gives them at creation.

    For an UPDATE it is enough that the old or the new object matches. After a label is taken off a service, KubeRay's
    next in-place update removes it from the RayCluster: that write still comes here, and keeps the injection; the ones
    after it do not, and pods made from then on are plain. Running pods are never concerned.
    """
    return {"matchLabels": {MONITOR_LABEL: MONITOR_VALUE, RAY_ORIGIN_KIND_LABEL: RAY_ORIGIN_KIND}}


def _namespace_selector() -> Manifest:
    """By the label that the API server itself keeps on every namespace."""
    system = sorted(SYSTEM_NAMESPACES)
    return {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": system}]}


def _alive() -> Manifest:
    """Nothing that is being deleted: the removal of KubeRay's finalizer must not wait for Rayscope. Kubernetes 1.28."""
    return {"name": "not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"}


def _trust(ca_bundle: bytes | None) -> Manifest:
    return {} if ca_bundle is None else {"caBundle": b64encode(ca_bundle).decode()}
