"""A dashboard as the ConfigMap that Grafana's sidecar takes: found by its label, filed by its annotation."""

from __future__ import annotations

from rayscope.dashboards.packaged import Packaged
from rayscope.model.manifest import Manifest
from rayscope.model.names import COMPONENT_LABEL, MANAGER, NAME_LABEL

SIDECAR_LABEL = "grafana_dashboard"
"""What the sidecar of Grafana's chart looks for by default (sidecar.dashboards.label); its value is not looked at."""
FOLDER_ANNOTATION = "grafana_folder"
FOLDER = "Rayscope"


def config_map(dashboard: Packaged) -> Manifest:
    """Without a namespace: whoever applies it knows where Grafana looks."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"rayscope-dashboard-{dashboard.name}",
            "labels": {NAME_LABEL: MANAGER, COMPONENT_LABEL: "dashboards", SIDECAR_LABEL: "1"},
            "annotations": {FOLDER_ANNOTATION: FOLDER},
        },
        "data": {dashboard.file: dashboard.text},
    }
