"""The plane that all other tests stand on: it is a real cluster, alone in its directory, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plane import Plane
from tests.plane.client import Access, ApiError, Client
from tests.plane.plane import KubectlError
from tests.plane.resources import NAMESPACES, PODS, RAY_CLUSTERS
from tests.plane.waiting import eventually

COMMAND = (sys.executable, "-m", "tests.plane")
ROOT = Path(__file__).parents[2]


def test_a_service_gets_one_cluster_with_its_pods_and_keeps_it_when_kuberay_restarts(
    plane: Plane, namespace: str
) -> None:
    plane.kubectl("apply", "--namespace", namespace, "--filename", str(plane.samples / "ray-service.sample.yaml"))
    pods = eventually(lambda: _pods(plane, namespace, 2), "head and worker are there")
    plane.restart_kuberay()
    plane.kubectl("annotate", "rayservice", "--all", "--namespace", namespace, "seen=again")
    assert len(plane.client.list(RAY_CLUSTERS.path(namespace))) == 1
    assert _pods(plane, namespace, 2) == pods


def test_what_an_owner_owned_is_deleted_after_it(plane: Plane, namespace: str) -> None:
    plane.kubectl("apply", "--namespace", namespace, "--filename", str(plane.samples / "ray-service.sample.yaml"))
    eventually(lambda: _pods(plane, namespace, 2), "head and worker are there")
    plane.kubectl("delete", "rayservice", "--all", "--namespace", namespace)
    eventually(lambda: not plane.client.list(RAY_CLUSTERS.path(namespace)), "the cluster is gone")


def test_a_service_account_has_no_rights_but_those_of_its_roles(plane: Plane, namespace: str) -> None:
    kubeconfig = plane.kubeconfig_for(namespace, "reader")
    with Client(Access.from_kubeconfig(kubeconfig)) as reader:
        with pytest.raises(ApiError, match="cannot list resource"):
            reader.list(PODS.path(namespace))
        account = f"--serviceaccount={namespace}:reader"
        plane.kubectl("create", "rolebinding", "view", "--clusterrole=view", account, "--namespace", namespace)
        eventually(lambda: _may_list(reader, PODS.path(namespace)), "the reader may list pods")
        assert not _may_list(reader, PODS.path("default"))


def test_the_audit_log_tells_who_asked_what_as_soon_as_it_is_answered(plane: Plane, namespace: str) -> None:
    mark = plane.audit.mark()
    plane.kubectl("create", "configmap", "mine", "--namespace", namespace)
    own = [request for request in plane.audit.since(mark) if request.namespace == namespace and request.name == "mine"]
    assert [(request.user, request.verb, request.resource, request.status) for request in own] == [
        ("admin", "create", "configmaps", 201)
    ]
    assert own[0].writes


def test_kubectls_refusal_is_told_in_its_own_words(plane: Plane) -> None:
    with pytest.raises(KubectlError, match='namespaces "nowhere" not found'):
        plane.kubectl("get", "namespace", "nowhere")


def test_a_second_plane_is_another_cluster_and_leaves_nothing(plane: Plane, namespace: str) -> None:
    with Plane(prometheus_crds=False) as other:
        directory = other.directory
        assert other.client.find(NAMESPACES.path(name=namespace)) is None
        assert plane.client.find(NAMESPACES.path(name=namespace)) is not None
        assert _processes(directory)
    assert not directory.exists()
    assert not _processes(directory)
    assert _processes(plane.directory)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_run_that_is_ended_leaves_no_process_and_no_file(number: signal.Signals) -> None:
    with _up() as (process, directory):
        assert len(_processes(directory)) >= 5
        process.send_signal(number)
        process.wait(60)
        eventually(lambda: not _processes(directory), "all its processes are gone")
        eventually(lambda: not directory.exists(), "its directory is gone")


def test_a_second_run_finds_everything_in_place(plane: Plane) -> None:  # noqa: ARG001 made by then
    told = subprocess.run([*COMMAND, "assets"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stderr == "", "a part was fetched or built again"
    assert "kube-apiserver" in told.stdout


@contextmanager
def _up() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A plane in the foreground of another process, ready."""
    process = subprocess.Popen([*COMMAND, "up"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"export KUBECONFIG=(\S+)\n", line)
            assert match, line
            yield process, Path(match[1]).parent
        finally:
            process.kill()


def _processes(directory: Path) -> list[str]:
    """The command lines, of all users, that name the plane's directory."""
    lines = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in lines.splitlines() if f"{directory}{os.sep}" in line or line.endswith(str(directory))]


def _may_list(client: Client, path: str) -> bool:
    try:
        client.list(path)
    except ApiError as error:
        if error.status == 403:
            return False
        raise
    return True


def _pods(plane: Plane, namespace: str, count: int) -> set[str]:
    """The uids of a namespace's pods, when there are COUNT."""
    uids = {pod["metadata"]["uid"] for pod in plane.client.list(PODS.path(namespace))}
    return uids if len(uids) == count else set()
