"""deploy/base: the least rights, the least privileges, and all of its parts fit together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rayscope import __version__

ROOT = Path(__file__).resolve().parents[3]
BASE, CRDS = ROOT / "deploy" / "base", ROOT / "crds"
Object = dict[str, Any]


def listed(kustomization: Path) -> Iterator[Path]:
    """The files that a kustomization consists of, those of others that it names included."""
    for name in yaml.safe_load(kustomization.read_text(encoding="utf-8"))["resources"]:
        path = (kustomization.parent / name).resolve()
        yield from listed(path / "Kustomization") if path.is_dir() else [path]


def objects() -> Iterator[Object]:
    for path in listed(BASE / "kustomization.yaml"):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def find(kind: str, name: str = "rayscope") -> Object:
    [found] = [found for found in objects() if (found["kind"], found["metadata"]["name"]) == (kind, name)]
    return found


def rules() -> list[Object]:
    return [rule for kind in ("ClusterRole", "Role") for rule in find(kind)["rules"]]


@pytest.fixture
def pod() -> Object:
    spec: Object = find("Deployment")["spec"]["template"]["spec"]
    return spec


@pytest.fixture
def container(pod: Object) -> Object:
    [only] = pod["containers"]
    found: Object = only
    return found


def test_every_manifest_is_listed() -> None:
    there = {path for directory in (BASE, CRDS) for path in directory.iterdir()}
    assert {*listed(BASE / "kustomization.yaml"), BASE / "kustomization.yaml", CRDS / "Kustomization"} == there


def test_the_monitors_definition_is_installed_with_the_operator() -> None:
    assert find("CustomResourceDefinition", "vllmmonitors.rayscope.dev")


def test_ray_is_read_and_never_written() -> None:
    verbs = {verb for rule in rules() if "ray.io" in rule["apiGroups"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}


def test_no_right_is_given_by_asterisk() -> None:
    assert not [rule for rule in rules() if "*" in rule["verbs"] + rule["apiGroups"] + rule["resources"]]


def test_secrets_are_touched_in_the_operators_own_namespace_only() -> None:
    assert not [rule for rule in find("ClusterRole")["rules"] if "secrets" in rule["resources"]]
    assert find("Role")["metadata"]["namespace"] == "rayscope"


def test_only_its_own_webhook_configuration_may_be_changed() -> None:
    [rule] = [rule for rule in rules() if "mutatingwebhookconfigurations" in rule["resources"]]
    assert rule["resourceNames"] == ["rayscope"]


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding"])
def test_the_rights_are_the_service_accounts(kind: str) -> None:
    binding = find(kind)
    assert binding["roleRef"]["kind"] == kind.removesuffix("Binding")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "rayscope", "namespace": "rayscope"}]
    assert find("Deployment")["spec"]["template"]["spec"]["serviceAccountName"] == "rayscope"


def test_two_replicas_answer_the_webhook() -> None:
    assert find("Deployment")["spec"]["replicas"] == 2


def test_the_webhooks_service_reaches_the_replicas(container: Object) -> None:
    service = find("Service", "rayscope-webhook")["spec"]
    labels = find("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    assert service["ports"][0]["targetPort"] in {port["name"] for port in container["ports"]}
    assert find("Deployment")["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_the_container_meets_the_restricted_pod_security_standard(pod: Object, container: Object) -> None:
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_image_is_this_version(container: Object) -> None:
    assert container["image"] == f"ghcr.io/rayscope/rayscope:{__version__}"
