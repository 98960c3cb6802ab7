"""A kind cluster by its name: up, its images, its nodes, down."""

import shutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from tests.kind import access, configuration, daemon
from tests.kind.command import pipe, run
from tests.kind.node_image import NodeImage, node_image
from tests.plane import assets, catalogue
from tests.plane.cache import root
from tests.plane.client import Access, Client, Manifest
from tests.plane.progress import step
from tests.plane.resources import Resource
from tests.plane.waiting import eventually

NAME = "e2e"
NODES = Resource("", "v1", "nodes")
DEPLOYMENTS = Resource("apps", "v1", "deployments")
READY_SECONDS = 180.0
IMPORT = ("ctr", "--namespace=k8s.io", "images", "import", "--snapshotter=overlayfs", "-")


class Cluster:
    """As a context manager, it brings the cluster up if it is not, and at the end deletes what it made, unless KEEP."""

    def __init__(self, name: str = NAME, *, workers: int = 0, keep: bool = False) -> None:
        self.name = name
        self._workers = workers
        self._keep = keep
        self._ours = False

    def __enter__(self) -> Self:
        self._ours = self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_client()
        if self._ours and not self._keep:
            self.down()

    @property
    def kubeconfig(self) -> Path:
        """For kubectl, Helm and Rayscope's own commands; an administrator's, by token."""
        return self._folder / "kubeconfig"

    @cached_property
    def client(self) -> Client:
        return Client(Access.from_kubeconfig(self.kubeconfig))

    @property
    def nodes(self) -> list[str]:
        """The nodes' names, which are their containers' too."""
        return self._kind("get", "nodes").split()

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What it prints; CommandError if it fails."""
        return access.kubectl(self.kubeconfig, *arguments, stdin=stdin)

    def exec(self, node: str, *command: str) -> str:
        """What a command on a node prints, as root there."""
        return run("docker", "exec", node, *command)

    def exists(self) -> bool:
        return self.name in run(assets.program(catalogue.KIND), "get", "clusters", "--quiet").split()

    def load(self, image: str) -> None:
        """Have an IMAGE of the local Docker on every node. A tag that is there already is taken for the same image."""
        for node in self.nodes:
            if image not in self.exec(node, "ctr", "--namespace=k8s.io", "images", "list", "--quiet").split():
                with step(image, f"loading into {node}") as current:
                    pipe(["docker", "save", image], ["docker", "exec", "--interactive", node, *IMPORT])
                    current.outcome = f"on {node}"

    def up(self) -> bool:
        """Have it run, with every node ready and names resolved; whether this made it."""
        daemon.ensure()
        if self.exists() and self.kubeconfig.exists():
            return False
        image = node_image()
        with step(f"cluster {self.name}", "kind create cluster") as current:
            administrator = self._create(image)
            try:
                access.write_token_kubeconfig(administrator, self.kubeconfig)
                current.now("waiting for nodes and DNS")
                self._settle(image)
            except BaseException:
                if not self._keep:
                    self._delete()
                raise
            current.outcome = f"{len(self.nodes)} node(s), Kubernetes {self._version()}"
        return True

    def down(self) -> None:
        """Delete the cluster of this name, and its files; a daemon that was started for it ends with its last."""
        with step(f"cluster {self.name}", "kind delete cluster") as current:
            current.outcome = "deleted, dockerd stopped" if self._delete() else "deleted"

    def _delete(self) -> bool:
        """Whether the daemon ended with it."""
        self._close_client()
        self._kind("delete", "cluster")
        shutil.rmtree(self._folder, ignore_errors=True)
        return daemon.stop()

    def _create(self, image: NodeImage) -> Path:
        """The kubeconfig of its administrator."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document = configuration.local(self._workers) if image.local else configuration.ordinary(self._workers)
        wanted = self._folder / "kind.yaml"
        wanted.write_text(yaml.safe_dump(document, sort_keys=False))
        administrator = self._folder / "administrator.kubeconfig"
        options = [f"--image={image.tag}"] if image.tag else []
        self._kind("create", "cluster", f"--config={wanted}", f"--kubeconfig={administrator}", *options)
        return administrator

    def _settle(self, image: NodeImage) -> None:
        eventually(lambda: all(map(_ready, self.client.list(NODES.path()))), "every node is ready", READY_SECONDS)
        if image.local:
            for node, pods, address in list(self._ways()):
                self.exec(node, "ip", "route", "replace", pods, "via", address)
        path = DEPLOYMENTS.path("kube-system", "coredns")
        eventually(lambda: _available(self.client.get(path)), "names are resolved", READY_SECONDS)

    def _ways(self) -> Iterator[tuple[str, str, str]]:
        """(node, addresses of pods, the node that they are on): each node of ours knows only its own pods."""
        for there in self.client.list(NODES.path()):
            for node in self.nodes:
                if node != there["metadata"]["name"]:
                    yield node, there["spec"]["podCIDR"], _address(there)

    def _version(self) -> str:
        return str(self.client.get("/version")["gitVersion"])

    def _kind(self, *arguments: str) -> str:
        command: list[str | Path] = [assets.program(catalogue.KIND), *arguments, f"--name={self.name}", "--quiet"]
        return run(*command)

    def _close_client(self) -> None:
        client: Client | None = self.__dict__.pop("client", None)
        if client is not None:
            client.close()

    @property
    def _folder(self) -> Path:
        return root() / "clusters" / self.name


def _ready(node: Manifest) -> bool:
    conditions = node["status"].get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _available(deployment: Manifest) -> bool:
    return bool(deployment["status"].get("availableReplicas", 0) >= deployment["spec"]["replicas"])


def _address(node: Manifest) -> str:
    addresses = node["status"]["addresses"]
    return next(str(entry["address"]) for entry in addresses if entry["type"] == "InternalIP")
