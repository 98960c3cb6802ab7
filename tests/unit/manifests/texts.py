"""Manifests as text in many hands, and what must come of them, said without the code that edits text."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import jsonpatch
import yaml

from rayscope.inject import inject
from rayscope.manifests import Rewritten, injecting, rewritten, stripping
from rayscope.model.payload import Payload

Document = dict[str, Any]

PAYLOAD = Payload(exporter="0123456789")

SERVICE = """\
apiVersion: ray.io/v1
kind: RayService
metadata:
  name: llm
spec:
  rayClusterConfig:
    headGroupSpec:
      rayStartParams: {}
      template:
        spec:
          containers:
          - name: ray
            image: rayproject/ray:2.52.0
    workerGroupSpecs:
    - groupName: gpu
      rayStartParams: {}
      template:
        spec:
          containers:
          - name: ray
            image: rayproject/ray:2.52.0
"""
CLUSTER = SERVICE.replace("RayService", "RayCluster").replace("  rayClusterConfig:\n", "")
CLUSTER = CLUSTER.split("spec:\n", 1)[0] + "spec:\n" + CLUSTER.split("spec:\n", 1)[1].replace("\n  ", "\n")[2:]


def injected(text: str, payload: Payload = PAYLOAD) -> Rewritten:
    return rewritten(text, injecting(lambda _: payload))


def stripped(text: str) -> Rewritten:
    return rewritten(text, stripping)


def outcomes(result: Rewritten) -> list[str]:
    return [report.change.outcome for report in result.reports]


def messages(result: Rewritten) -> str:
    return " ".join(report.change.message for report in result.reports)


def loaded(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=_Loader))


class _Loader(yaml.SafeLoader):
    """Dates are text, as for Kubernetes."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if "timestamp" not in pair[0]]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def as_kuberay_makes_it(manifest: Document) -> Document:
    """The RayCluster of a RayService, or of a RayCluster that stands for one."""
    metadata, spec = manifest["metadata"], manifest["spec"]
    made = {"ray.io/originated-from-cr-name": metadata["name"], "ray.io/originated-from-crd": "RayService"}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {
            "name": f"{metadata['name']}-x7k2p",
            "labels": {**(metadata.get("labels") or {}), **made},
            "annotations": dict(metadata.get("annotations") or {}),
        },
        "spec": json.loads(json.dumps(spec["rayClusterConfig"] if manifest["kind"] == "RayService" else spec)),
    }


def assert_injected(before: Document, after: Document) -> None:
    """That the manifest has what the pure injection gives the cluster, the label and the record, and nothing else."""
    cluster = as_kuberay_makes_it(before)
    wanted = jsonpatch.apply_patch(cluster, list(inject(cluster, PAYLOAD).patch))
    now = as_kuberay_makes_it(after)
    assert now["spec"] == wanted["spec"]
    record = json.loads(now["metadata"]["annotations"].pop("rayscope.dev/payload"))
    theirs = json.loads(wanted["metadata"]["annotations"].pop("rayscope.dev/payload"))
    assert (record["payload"], record["groups"]) == (theirs["payload"], theirs["groups"])
    assert now["metadata"]["annotations"] == wanted["metadata"]["annotations"]
    assert now["metadata"]["labels"] == {"rayscope.dev/monitor": "vllm", **wanted["metadata"]["labels"]}
    assert without(after) == without(before)


def without(manifest: Document) -> Document:
    """What no injection concerns."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in {"labels", "annotations"}}
    spec = {key: value for key, value in manifest["spec"].items() if key not in {"rayClusterConfig", "headGroupSpec"}}
    spec.pop("workerGroupSpecs", None)
    return {**manifest, "metadata": metadata, "spec": spec}


def assert_only_lines_are_added(before: str, after: str) -> None:
    """That every line of the one is a line of the other, in the same order."""
    rest = iter(after.splitlines())
    missing = [line for line in before.splitlines() if line not in rest]
    assert missing == []


class Hand:
    """Somebody who writes YAML: consistent in some things, not in others."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._step = self._random.choice([2, 2, 4])
        self._offset = self._random.choice([0, 2, self._step])
        self._gap = self._random.choice([2, 2, 4])
        self._quote = self._random.choice([0.0, 0.3, 1.0])
        self._talk = self._random.choice([0.0, 0.1, 0.4])

    def text(self, documents: list[Document]) -> str:
        """A stream; perhaps with CRLF, perhaps without a line break at its end."""
        begin = self._random.choice(["---\n", "", "# A header\n\n---\n"])
        text = begin + "---\n".join("\n".join(self._mapping(document, 0)) + "\n" for document in documents)
        if self._random.random() < 0.3:
            text = text.rstrip("\n")
        return text.replace("\n", "\r\n") if self._random.random() < 0.3 else text

    def _mapping(self, value: Document, column: int) -> Iterator[str]:
        for number, (key, item) in enumerate(value.items()):
            if number:
                yield from self._remark()
            name = " " * column + (f'"{key}"' if self._random.random() < self._quote / 2 else key) + ":"
            if isinstance(item, dict) and item:
                yield name + self._aside()
                yield from self._mapping(item, column + self._step)
            elif isinstance(item, list) and item:
                yield name + self._aside()
                yield from self._sequence(item, column + self._random.choice([self._offset] * 5 + [0, 2]))
            elif isinstance(item, str) and "\n" in item:
                yield f"{name} |"
                yield from (" " * (column + 3) + line if line else "" for line in item.split("\n"))
            else:
                yield f"{name} {self._scalar(item)}".rstrip() + self._aside()

    def _sequence(self, value: list[Any], column: int) -> Iterator[str]:
        for number, item in enumerate(value):
            if number:
                yield from self._remark()
            dash = " " * column + "-".ljust(self._gap)
            if not (isinstance(item, dict) and item):
                yield dash + self._scalar(item)
                continue
            first, *rest = self._mapping(item, column + self._gap)
            yield dash + first.lstrip()
            yield from rest

    def _scalar(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str) and value and self._random.random() >= self._quote:
            return yaml.safe_dump(value, width=10_000).removesuffix("...\n").rstrip("\n")
        return json.dumps(value)

    def _remark(self) -> Iterator[str]:
        """Lines between the lines."""
        if self._random.random() < self._talk:
            yield " " * self._random.randrange(8) + self._random.choice(["# see above", "#- name: old", "#"])
        if self._random.random() < self._talk / 2:
            yield self._random.choice(["", "", "  "])

    def _aside(self) -> str:
        return "  # why" if self._random.random() < self._talk / 2 else ""
