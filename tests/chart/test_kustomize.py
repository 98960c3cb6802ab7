"""deploy/: the base is the chart's defaults, the overlays its values of the same meaning; an API server takes all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from tests.chart.chart import NAMESPACE, ROOT, Object, render
from tests.chart.test_accepted import CERT_MANAGER
from tests.plane import Plane, assets, catalogue
from tests.plane.resources import NAMESPACES

SAME: dict[str, dict[str, Any]] = {
    "base": {},
    "overlays/namespaced": {"watchNamespaces": ["serving"], "crds": {"enabled": False}},
    "overlays/cert-manager": {"webhook": {"certManager": {"enabled": True}}},
}
HELMS = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
    "helm.sh/resource-policy",
}
"""Labels and annotations that tell who installed an object, and nothing else of it."""


@cache
def built(folder: str) -> str:
    """What `kubectl apply -k` applies."""
    command = [str(assets.program(catalogue.KUBECTL)), "kustomize", str(ROOT / "deploy" / folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def objects(text: str) -> list[Object]:
    return [found for found in yaml.safe_load_all(text) if found]


def plain(value: Any) -> Any:
    """Without what is Helm's own, wherever labels are: metadata, selectors, pod templates."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        kept = {key: plain(item) for key, item in value.items() if key not in HELMS}
        return {key: item for key, item in kept.items() if item != {} or value[key] == {}}
    return value


def by_name(found: list[Object]) -> dict[tuple[str, str, str], Object]:
    """Each object by kind, namespace and name; of the CRD, which `crds/` has without any labels, its spec."""
    named = {}
    for each in found:
        metadata = each["metadata"]
        is_crd = each["kind"] == "CustomResourceDefinition"
        named[each["kind"], metadata.get("namespace", ""), metadata["name"]] = each["spec"] if is_crd else plain(each)
    return named


@pytest.mark.parametrize("folder", SAME)
def test_it_is_what_the_chart_renders(folder: str) -> None:
    ours = by_name([each for each in objects(built(folder)) if each["kind"] != "Namespace"])
    charts = by_name(render(SAME[folder]).objects)
    assert ours.keys() == charts.keys()
    for name, each in ours.items():
        assert each == charts[name]


def test_there_is_no_overlay_that_is_compared_with_nothing() -> None:
    overlays = {f"overlays/{path.name}" for path in (ROOT / "deploy" / "overlays").iterdir()}
    assert SAME.keys() == {"base", *overlays}


def test_the_namespace_takes_only_restricted_pods() -> None:
    [namespace] = [each for each in objects(built("base")) if each["kind"] == "Namespace"]
    assert namespace["metadata"]["name"] == NAMESPACE
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    with Plane() as running:
        folder = assets.material(CERT_MANAGER) / CERT_MANAGER.folders[0]
        running.install_crds(sorted(folder.glob("cert-manager.io_*.yaml")))
        for name in (NAMESPACE, "serving"):
            running.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
        yield running


@pytest.mark.control
@pytest.mark.parametrize("folder", SAME)
def test_every_manifest_is_accepted(plane: Plane, folder: str) -> None:
    command = ("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-")
    told = plane.kubectl(*command, stdin=built(folder)).splitlines()
    assert len(told) == len(objects(built(folder)))
    assert all(line.endswith("serverside-applied (server dry run)") for line in told)
