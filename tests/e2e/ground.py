"""The ground that every story stands on: images, KubeRay, Prometheus and Rayscope, each as its users install it.

What is there already is brought up to date, never removed: a second run on a kept cluster starts at once.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from tests.e2e.manifests import MONITORING, OPERATOR, PROMETHEUS, monitoring
from tests.kind import Cluster, images
from tests.kind.command import run
from tests.kind.images import ROOT
from tests.plane import assets, catalogue
from tests.plane.client import Manifest
from tests.plane.progress import step
from tests.plane.resources import Resource
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

RELEASE = "rayscope"
SYSTEM = "rayscope-system"
STATEFUL_SETS = Resource("apps", "v1", "statefulsets")
ROLLOUT = "--timeout=300s"
START_SECONDS = 300.0


@dataclass(frozen=True)
class Ground:
    """A cluster with everything installed, and the image of the Serve application."""

    cluster: Cluster
    ray: str


def lay(cluster: Cluster) -> Ground:
    ray = _loaded(cluster, lambda: images.ray(ROOT / "tests" / "e2e" / "app"))
    _install_kuberay(cluster)
    _install_prometheus(cluster)
    _install_rayscope(cluster)
    return Ground(cluster, ray)


def _install_kuberay(cluster: Cluster) -> None:
    image = _loaded(cluster, images.kuberay)
    source = assets.material(catalogue.kuberay_source(VERSIONS.kuberay))
    with step("KubeRay", "installing") as current:
        rendered = run(assets.program(catalogue.KUBECTL), "kustomize", source / "config" / "default")
        documents = [document for document in yaml.safe_load_all(rendered) if document]
        (deployment,) = (document for document in documents if document["kind"] == "Deployment")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        container["image"], container["imagePullPolicy"] = image, "IfNotPresent"
        _apply(cluster, documents)
        metadata = deployment["metadata"]
        _rolled_out(cluster, metadata.get("namespace", "default"), f"deployment/{metadata['name']}")
        current.outcome = VERSIONS.kuberay


def _install_prometheus(cluster: Cluster) -> None:
    made = (images.prometheus_operator, images.config_reloader, images.prometheus)
    operator, reloader, prometheus = (_loaded(cluster, make) for make in made)
    crds = assets.material(catalogue.PROMETHEUS_CRDS) / catalogue.PROMETHEUS_CRDS.folders[0]
    with step("Prometheus", "installing") as current:
        cluster.kubectl("apply", "--server-side", "--force-conflicts", f"--filename={crds}")
        _apply(cluster, monitoring(operator, reloader, prometheus))
        _rolled_out(cluster, MONITORING, f"deployment/{OPERATOR}")
        name = f"prometheus-{PROMETHEUS}"
        path = STATEFUL_SETS.path(MONITORING, name)
        eventually(lambda: cluster.client.find(path), f"{name} is made", START_SECONDS)
        _rolled_out(cluster, MONITORING, f"statefulset/{name}")
        current.outcome = catalogue.PROMETHEUS.version


def _install_rayscope(cluster: Cluster) -> None:
    image = _loaded(cluster, images.operator)
    repository, _, tag = image.rpartition(":")
    with step("Rayscope", "helm upgrade --install") as current:
        run(
            *(assets.program(catalogue.HELM), f"--kubeconfig={cluster.kubeconfig}"),
            *("upgrade", "--install", RELEASE, ROOT / "charts" / "rayscope"),
            *(f"--namespace={SYSTEM}", "--create-namespace", "--wait", "--timeout=5m"),
            *("--set-string", f"image.repository={repository},image.tag={tag}"),
        )
        current.outcome = tag


def _loaded(cluster: Cluster, make: Callable[[], str]) -> str:
    image = make()
    cluster.load(image)
    return image


def _apply(cluster: Cluster, documents: list[Manifest]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": documents}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(listed))


def _rolled_out(cluster: Cluster, namespace: str, what: str) -> None:
    cluster.kubectl(f"--namespace={namespace}", "rollout", "status", what, ROLLOUT)
