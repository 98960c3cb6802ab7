"""A real API server takes everything that the chart renders, as `kubectl apply --dry-run=server` asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.chart.chart import CHART, NAMESPACE, helm, render
from tests.plane import Plane, assets
from tests.plane.catalogue import Material, Module
from tests.plane.resources import NAMESPACES

pytestmark = pytest.mark.control

CERT_MANAGER = Material(
    "cert-manager-crds", Module("cert-manager", "github.com/cert-manager/cert-manager", "v1.19.1"), ("deploy/crds",)
)
ALWAYS = {"renderMode": "alwaysRender"}
INSTALLATIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "in some namespaces": {"watchNamespaces": ["serving", "research"]},
    "cert-manager": {"webhook": {"certManager": {"enabled": True}}},
    "an issuer of one's own": {
        "webhook": {"certManager": {"enabled": True, "issuerRef": {"kind": "ClusterIssuer", "name": "company"}}}
    },
    "one replica": {"replicaCount": 1},
    "everything": {
        "webhook": {"failurePolicy": "Fail", "timeoutSeconds": 10, "annotations": {"a": "b"}},
        "commonLabels": {"team": "ml"},
        "imagePullSecrets": [{"name": "registry"}],
        "monitorLabels": {"release": "prometheus"},
        "networkPolicy": {"enabled": True},
        "serviceMonitor": {"enabled": True, **ALWAYS},
        "rules": {"global": True, **ALWAYS},
        "dashboards": {"enabled": True},
        "hostNetwork": True,
        "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra"}}],
    },
}


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    with Plane() as running:
        folder = assets.material(CERT_MANAGER) / CERT_MANAGER.folders[0]
        running.install_crds(sorted(folder.glob("cert-manager.io_*.yaml")))
        for name in (NAMESPACE, "serving", "research"):
            level = {"pod-security.kubernetes.io/enforce": "restricted"}
            running.client.create(NAMESPACES.path(), {"metadata": {"name": name, "labels": level}})
        yield running


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_every_manifest_is_accepted(plane: Plane, installation: str) -> None:
    rendered = render(INSTALLATIONS[installation])
    told = plane.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", stdin=rendered.text)
    assert len(told.splitlines()) == len(rendered.objects)
    assert all(line.endswith("(server dry run)") for line in told.splitlines())


def test_a_pod_is_accepted_where_only_restricted_ones_are(plane: Plane) -> None:
    template = render().deployment["template"]
    metadata = {**template["metadata"], "name": "rayscope", "namespace": NAMESPACE}
    spec = {**template["spec"], "serviceAccountName": "default"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    assert "created" in plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))


def test_the_notes_tell_the_next_command(plane: Plane) -> None:
    def notes(values: dict[str, Any]) -> str:
        command = ("install", "rayscope", CHART, f"--namespace={NAMESPACE}", "--dry-run=client")
        return helm(*command, values=values, kubeconfig=plane.kubeconfig).partition("NOTES:")[2]

    assert "rayscope.dev/monitor=vllm" in notes({})
    assert "rayscope inject" in notes({"watchNamespaces": ["serving"]})
    assert "rayscope inject" in notes({"webhook": {"enabled": False}})
    assert "rollout status" in notes({"webhook": {"failurePolicy": "Fail"}})
    assert "apply crds/" in notes({"crds": {"enabled": False}})


def test_a_kind_that_the_cluster_has_is_rendered_without_being_asked_twice(plane: Plane) -> None:
    values = {"serviceMonitor": {"enabled": True}}
    command = ("template", "rayscope", CHART, f"--namespace={NAMESPACE}", "--validate")
    told = helm(*command, values=values, kubeconfig=plane.kubeconfig)
    assert "ServiceMonitor" in {found["kind"] for found in yaml.safe_load_all(told) if found}
