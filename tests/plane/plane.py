"""A control plane of one's own, in a directory of its own, for as long as a `with` block lasts."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.plane import assets, catalogue, commands, credentials
from tests.plane.audit import AuditLog
from tests.plane.client import Access, ApiError, Client
from tests.plane.commands import Command, Layout
from tests.plane.crds import apply_crds
from tests.plane.ports import HeldPort
from tests.plane.process import Group, Process, tail
from tests.plane.resources import NAMESPACES, SERVICE_ACCOUNTS
from tests.plane.versions import VERSIONS
from tests.plane.waiting import eventually

START_SECONDS = 180.0
# Of Prometheus Operator's kinds those that Rayscope has to do with: each CRD costs the apiserver a second of work.
PROMETHEUS_KINDS = ("podmonitors", "servicemonitors", "prometheusrules", "prometheuses", "prometheusagents")
KUBERAY_CONTROLLERS = ("controllers.RayCluster", "controllers.RayService")


class PlaneError(Exception):
    """A part of the plane did not do what it is there for; the message holds the end of its log."""


class KubectlError(Exception):
    """kubectl's exit status was not 0; the message is what it said."""


class Plane:
    """etcd, apiserver, controllers and KubeRay, all ready when the block begins and gone when it ends.

    Several at once do not meet. `client` and `kubectl` act as an administrator.
    """

    client: Client

    def __init__(
        self, *, directory: Path | None = None, kuberay: str = VERSIONS.kuberay, prometheus_crds: bool = True
    ) -> None:
        """DIRECTORY is kept; without it a temporary one is made. KUBERAY is the version, CRDs and samples included."""
        self._assets = assets.ensure(kuberay)
        self._given_directory = directory
        self._with_prometheus_crds = prometheus_crds
        self._processes: dict[str, Process] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def directory(self) -> Path:
        return self._layout.directory

    @property
    def kubeconfig(self) -> Path:
        return self._layout.kubeconfig(credentials.ADMIN)

    @property
    def samples(self) -> Path:
        """KubeRay's config/samples, of the version that the plane was made with."""
        return self._assets.samples

    @property
    def prometheus_crds(self) -> list[Path]:
        """Prometheus Operator's CRDs, for `install_crds` where the plane was made without them."""
        return [self._assets.prometheus_crds / f"monitoring.coreos.com_{plural}.yaml" for plural in PROMETHEUS_KINDS]

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self._layout.audit)

    def kubectl(self, *arguments: str, stdin: str = "", kubeconfig: Path | None = None) -> str:
        """What it prints, as the administrator or with another KUBECONFIG; KubectlError if it fails."""
        options = (f"--kubeconfig={kubeconfig or self.kubeconfig}", f"--cache-dir={self._layout.kubectl_cache}")
        command: Command = (self._assets.kubectl, *options, *arguments)
        result = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        if result.returncode:
            raise KubectlError(result.stderr)
        return result.stdout

    def kubeconfig_for(self, namespace: str, account: str) -> Path:
        """The kubeconfig of a service account, made if missing: it has the rights that roles give it, and no more."""
        self._create_if_missing(NAMESPACES.path(), namespace)
        self._create_if_missing(SERVICE_ACCOUNTS.path(namespace), account)
        token = self.client.create(SERVICE_ACCOUNTS.path(namespace, account, "token"), {"spec": {}})
        return self._write_kubeconfig(f"{namespace}.{account}", token["status"]["token"])

    def install_crds(self, files: Iterable[Path]) -> None:
        """Apply CRDs, one a file, and wait until their resources are served."""
        apply_crds(self.client, files)

    def start(self, name: str, command: Command, environment: Mapping[str, str] | None = None) -> Process:
        """Start a program that belongs to this plane: logged as NAME, an administrator by $KUBECONFIG unless
        ENVIRONMENT says otherwise, and stopped with the plane at the latest."""
        settings = {"KUBECONFIG": str(self.kubeconfig), **(environment or {})}
        process = Process(name, command, group=self._group, directory=self.directory, environment=settings)
        self._processes[name] = process
        self._stack.callback(process.stop)
        return process

    def start_kuberay(self, version: str | None = None) -> None:
        """Start the KubeRay operator, of another VERSION if one is given, and wait until it reconciles."""
        program = assets.program(catalogue.kuberay(version)) if version else self._assets.kuberay
        kubeconfig = self._layout.kubeconfig(credentials.KUBERAY)
        process = self.start("kuberay", commands.kuberay(program, kubeconfig))
        self._until(process, lambda: _reconciles(process), "KubeRay reconciles")

    def stop_kuberay(self) -> None:
        self._processes["kuberay"].stop()

    def restart_kuberay(self) -> None:
        self.stop_kuberay()
        self.start_kuberay()

    def logs(self) -> dict[str, str]:
        """The end of every log, by name: etcd, apiserver, controllers, kuberay, and what `start` was given."""
        return {name: tail(process.log) for name, process in self._processes.items()}

    def _start_up(self) -> None:
        self._layout = Layout(self._make_directory())
        disposable = None if self._given_directory else self.directory
        self._group = self._stack.enter_context(Group(disposable))
        self._port = self._stack.enter_context(HeldPort()).number
        tokens = self._write_secrets()
        apiserver = self._start_apiserver()
        for user, token in tokens.by_user.items():
            self._write_kubeconfig(user, token)
        self.client = self._stack.enter_context(Client(Access.from_kubeconfig(self.kubeconfig)))
        self._until(apiserver, self._ready, "the apiserver is ready")
        self._start_controllers()

    def _make_directory(self) -> Path:
        if self._given_directory:
            self._given_directory.mkdir(parents=True, exist_ok=True)
            return self._given_directory.absolute()
        directory = Path(tempfile.mkdtemp(prefix="rayscope-plane-"))
        self._stack.callback(shutil.rmtree, directory)
        return directory

    def _write_secrets(self) -> credentials.Tokens:
        tokens = credentials.new_tokens()
        tokens.write(self._layout.tokens)
        credentials.write_signing_key(self._layout.signing_key)
        self._layout.audit_policy.write_text(commands.AUDIT_POLICY)
        return tokens

    def _start_apiserver(self) -> Process:
        etcd = self.start("etcd", commands.etcd(self._assets, self._layout))
        self._until(etcd, self._layout.etcd_socket.exists, "etcd listens")
        apiserver = self.start("apiserver", commands.apiserver(self._assets, self._layout, self._port))
        self._until(apiserver, self._listening, "the apiserver listens")
        return apiserver

    def _start_controllers(self) -> None:
        """After the CRDs: the garbage collector looks for new kinds every half minute only."""
        self.install_crds(self._assets.kuberay_crds.glob("*.yaml"))
        if self._with_prometheus_crds:
            self.install_crds(self.prometheus_crds)
        kubeconfig = self._layout.kubeconfig(credentials.CONTROLLER_MANAGER)
        self.start("controllers", commands.controller_manager(self._assets, self._layout, kubeconfig))
        self.start_kuberay()

    def _write_kubeconfig(self, user: str, token: str) -> Path:
        path = self._layout.kubeconfig(user)
        server = f"https://127.0.0.1:{self._port}"
        authority = self._layout.authority.read_text()
        credentials.write_kubeconfig(path, server=server, authority=authority, user=user, token=token)
        return path

    def _until(self, process: Process, condition: Callable[[], bool], message: str) -> None:
        """Wait for what PROCESS is to bring about, and no longer than it lives."""

        def met_or_ended() -> bool:
            return condition() or process.exit_status() is not None

        eventually(met_or_ended, message, START_SECONDS)
        if process.exit_status() is not None:
            raise PlaneError(f"{process.name} ended with status {process.exit_status()}:\n{tail(process.log)}")

    def _listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _ready(self) -> bool:
        try:
            return bool(self.client.request("GET", "/readyz") == "ok")
        except (ApiError, OSError):
            return False

    def _create_if_missing(self, path: str, name: str) -> None:
        try:
            self.client.create(path, {"metadata": {"name": name}})
        except ApiError as error:
            if error.status != 409:
                raise


def _reconciles(kuberay: Process) -> bool:
    """Its controllers' caches are filled and their workers run: controller-runtime's own words."""
    return all(kuberay.has_said(f'"{controller}","msg":"Starting workers"') for controller in KUBERAY_CONTROLLERS)
