"""KubeRay's samples as RayClusters, and injections of them as text that can be reviewed."""

from __future__ import annotations

import copy
import difflib
import json
from functools import cache
from pathlib import Path

import yaml

from rayscope.inject import Injection, inject
from rayscope.inject.loop import LOOP
from tests.unit.inject.clusters import PAYLOAD, Document, patched

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted((GOLDEN / "samples").glob("*.yaml"))


@cache
def documents(sample: Path) -> tuple[Document, ...]:
    """The RayServices and RayClusters of a sample file."""
    every = yaml.safe_load_all(sample.read_text())
    return tuple(document for document in every if document and document["kind"] in {"RayService", "RayCluster"})


def clusters(sample: Path) -> list[Document]:
    """The RayClusters that KubeRay makes of a file; a RayCluster stands for a RayService that has its spec."""
    return [_cluster(document) for document in documents(sample)]


def _cluster(document: Document) -> Document:
    """As KubeRay's constructRayClusterForRayService (rayservice_controller.go) makes it of a labelled service."""
    metadata, spec = document["metadata"], document["spec"]
    service = metadata["name"]
    spec = copy.deepcopy(spec.get("rayClusterConfig", spec))
    own = {"ray.io/originated-from-cr-name": service, "ray.io/originated-from-crd": "RayService"}
    noted = {
        "ray.io/num-worker-groups": str(len(spec.get("workerGroupSpecs") or ())),
        "ray.io/kuberay-version": "v1.6.2",
    }
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {
            "name": f"{service}-x7k2p",
            "labels": {**(metadata.get("labels") or {}), "rayscope.dev/monitor": "vllm", **own},
            "annotations": {**(metadata.get("annotations") or {}), **noted},
        },
        "spec": spec,
    }


def review(sample: Path) -> str:
    """What an injection of each RayCluster of the file reports and changes."""
    return "\n".join(_review(cluster, inject(cluster, PAYLOAD)) for cluster in clusters(sample))


def _review(cluster: Document, injection: Injection) -> str:
    report = [f"{group.group}: {group.outcome}, {group.reason}\n" for group in injection.groups]
    before, after = _lines(cluster), _lines(patched(cluster, injection.patch))
    return "".join([*report, *difflib.unified_diff(before, after, "made by KubeRay", "injected", n=2)])


def _lines(cluster: Document) -> list[str]:
    """The manifest as YAML, with what is long made readable."""
    readable = copy.deepcopy(cluster)
    annotations = readable["metadata"]["annotations"]
    if record := annotations.get("rayscope.dev/payload"):
        annotations["rayscope.dev/payload"] = json.loads(record)
    text: str = yaml.dump(readable, Dumper=_Plain, sort_keys=False, width=1000)
    return text.splitlines(keepends=True)


class _Plain(yaml.SafeDumper):
    """YAML without anchors, and with the loop by its name."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", "<loop.sh>" if text == LOOP else text),
)
