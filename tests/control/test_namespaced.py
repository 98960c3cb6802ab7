"""Rayscope in some namespaces only: with the rights and the options of deploy/overlays/namespaced, and no others."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from rayscope.model.names import MANAGER
from tests.control.rayscope import CRDS, HOST, NAMESPACE
from tests.control.samples import placed
from tests.control.story import Object, Service, exporters
from tests.plane import Plane
from tests.plane.ports import HeldPort
from tests.plane.resources import NAMESPACES
from tests.plane.waiting import eventually

OVERLAY = Path(__file__).parents[2] / "deploy" / "overlays" / "namespaced"
SAMPLE = Path(__file__).parents[2] / "deploy" / "samples" / "ray-serve-llm.yaml"
WATCHED, OTHER = "serving", "elsewhere"
PROGRAM = Path(sys.executable).with_name("rayscope")
USER = f"system:serviceaccount:{NAMESPACE}:{MANAGER}"


def overlay(plane: Plane) -> list[Object]:
    return [found for found in yaml.safe_load_all(plane.kubectl("kustomize", str(OVERLAY))) if found]


def options(plane: Plane) -> list[str]:
    [deployment] = [found for found in overlay(plane) if found["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    args: list[str] = container["args"]
    return args


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """With the CRD, which somebody else has installed, and Rayscope in its own namespace, which watches another one."""
    with Plane() as running, HeldPort() as health:
        for name in (WATCHED, OTHER):
            running.client.create(NAMESPACES.path(), {"metadata": {"name": name}})
        running.install_crds(CRDS)
        kubeconfig = running.kubeconfig_for(NAMESPACE, MANAGER)
        running.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(overlay(running)))
        where = [f"--namespace={NAMESPACE}", f"--health-address={HOST}", f"--health-port={health.number}"]
        running.start("rayscope", [PROGRAM, *options(running), *where], {"KUBECONFIG": str(kubeconfig)})
        yield running


def apply(plane: Plane, namespace: str) -> Service:
    """The sample, injected as for git."""
    [document] = yaml.safe_load_all(SAMPLE.read_text())
    manifest = yaml.safe_dump(placed(document, namespace))
    command = [str(PROGRAM), "inject", "-"]
    injected = subprocess.run(command, input=manifest, capture_output=True, text=True, check=True).stdout
    plane.kubectl("apply", "-f", "-", stdin=injected)
    return Service(plane, namespace, document["metadata"]["name"])


def test_a_service_that_was_injected_in_git_is_monitored_and_another_namespaces_is_not(plane: Plane) -> None:
    there, here = apply(plane, OTHER), apply(plane, WATCHED)
    there.cluster()
    here.monitored()
    here.told("Injected")
    assert exporters(plane, WATCHED)
    assert not exporters(plane, OTHER)
    assert there.monitor() is None


def test_when_the_label_goes_the_monitor_goes(plane: Plane) -> None:
    service = apply(plane, WATCHED)
    service.monitored()
    service.label(None)
    eventually(lambda: service.monitor() is None, "the PodMonitor is removed")


def test_nothing_is_asked_that_its_roles_do_not_give(plane: Plane) -> None:
    refused = [(r.verb, r.resource) for r in plane.audit.since(0) if r.user == USER and r.status == 403]
    assert refused == []
