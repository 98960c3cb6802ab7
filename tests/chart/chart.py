"""charts/rayscope, rendered by Helm itself as `helm template` does it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.plane import assets, catalogue
from tests.plane.versions import VERSIONS

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "rayscope"
RELEASE = NAMESPACE = "rayscope"
PROMETHEUS_OPERATOR = tuple(
    f"--api-versions=monitoring.coreos.com/v1/{kind}" for kind in ("ServiceMonitor", "PrometheusRule")
)
Object = dict[str, Any]
Values = Mapping[str, Any]


class HelmError(Exception):
    """Helm's exit status was not 0; the message is what it said."""


@cache
def program() -> Path:
    return assets.program(catalogue.HELM)


def helm(*arguments: str | Path, values: Values | None = None, kubeconfig: Path | None = None) -> str:
    """What Helm prints. VALUES go by standard input, as a file of values."""
    given = ("--values", "-") if values is not None else ()
    cluster = ("--kubeconfig", kubeconfig) if kubeconfig else ()
    result = subprocess.run(
        [program(), *arguments, *given, *cluster],
        input=yaml.safe_dump(values) if values is not None else "",
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise HelmError(result.stderr)
    return result.stdout


def template(values: Values, *options: str, release: str = RELEASE) -> str:
    """The manifests, as text."""
    version = f"--kube-version={VERSIONS.kubernetes}"
    return helm("template", release, CHART, f"--namespace={NAMESPACE}", version, *options, values=values)


@dataclass(frozen=True)
class Rendered:
    """What came out."""

    text: str

    @cached_property
    def objects(self) -> list[Object]:
        return [found for found in yaml.load_all(self.text, yaml.CSafeLoader) if found]

    def all(self, kind: str) -> list[Object]:
        return [found for found in self.objects if found["kind"] == kind]

    def find(self, kind: str, name: str = "rayscope") -> Object | None:
        return next((found for found in self.all(kind) if found["metadata"]["name"] == name), None)

    def the(self, kind: str, name: str = "rayscope") -> Object:
        found = self.find(kind, name)
        assert found, f"no {kind} {name}"
        return found

    @property
    def deployment(self) -> Object:
        [only] = self.all("Deployment")
        spec: Object = only["spec"]
        return spec

    @property
    def pod(self) -> Object:
        spec: Object = self.deployment["template"]["spec"]
        return spec

    @property
    def container(self) -> Object:
        [only] = self.pod["containers"]
        found: Object = only
        return found

    @property
    def args(self) -> list[str]:
        given: list[str] = self.container["args"]
        return given

    @property
    def webhook(self) -> Object:
        [only] = self.the("MutatingWebhookConfiguration")["webhooks"]
        found: Object = only
        return found

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(found["kind"], found["metadata"]["name"]) for found in self.objects]


def render(values: Values | None = None, *options: str, release: str = RELEASE) -> Rendered:
    return Rendered(template(values or {}, *options, release=release))
