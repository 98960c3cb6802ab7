"""Manifests that were injected in git are applied as they are: the webhook has nothing to add, and nothing flips."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rayscope.inject import inspect
from rayscope.model.names import EXPORTER_CONTAINER
from tests.control.samples import Document, is_service, placed, services
from tests.control.story import Service
from tests.plane import Plane

pytestmark = pytest.mark.usefixtures("rayscope")


def injected(manifests: list[Document]) -> str:
    """What `rayscope inject` makes of them."""
    command = [str(Path(sys.executable).with_name("rayscope")), "inject", "-"]
    given = yaml.safe_dump_all(manifests, sort_keys=False)
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("sample", ["sample", "llm-serve"])
def test_what_was_injected_in_git_is_left_alone_by_the_webhook(plane: Plane, namespace: str, sample: str) -> None:
    manifests = injected([placed(document, namespace) for document in services(plane.samples)[sample]])
    plane.kubectl("apply", "-f", "-", stdin=manifests)
    service = Service(plane, namespace, sample)
    cluster = service.cluster()
    [git] = filter(is_service, yaml.safe_load_all(manifests))
    for group in (cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]):
        names = [container["name"] for container in group["template"]["spec"]["containers"]]
        assert names.count(EXPORTER_CONTAINER) == 1
    assert inspect(cluster).complete
    assert containers(cluster["spec"]) == containers(git["spec"]["rayClusterConfig"])
    service.monitored()
    plane.kubectl("apply", "-f", "-", stdin=manifests)
    assert [item["metadata"]["uid"] for item in service.clusters()] == [cluster["metadata"]["uid"]]


def containers(config: Document) -> list[list[str]]:
    """The names of the containers of each group, and of each one's environment and mounts: all that we ever add."""
    return [
        [
            f"{container['name']}: {part['name']}"
            for container in group["template"]["spec"]["containers"]
            for part in (*container.get("env", ()), *container.get("volumeMounts", ()))
        ]
        for group in (config["headGroupSpec"], *config["workerGroupSpecs"])
    ]
