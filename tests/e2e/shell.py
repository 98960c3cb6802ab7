"""A shell as the README takes it for granted: helm, kubectl and rayscope, and a cluster that they go to."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.e2e.ground import Ground
from tests.kind.images import ROOT
from tests.plane import assets, catalogue
from tests.plane.waiting import eventually

LIMIT = 600.0


@dataclass(frozen=True)
class Shell:
    """In a folder that looks like a checkout, with a kubeconfig whose context has the NAMESPACE."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def open(cls, ground: Ground, namespace: str, folder: Path) -> "Shell":
        programs, here = folder / "bin", folder / "rayscope"
        for place in (programs, here / ".venv" / "bin"):
            place.mkdir(parents=True)
        (here / "charts").symlink_to(ROOT / "charts")
        for name in ("rayscope", "kubectl-rayscope"):
            for place in (programs, here / ".venv" / "bin"):
                (place / name).symlink_to(Path(sys.executable).with_name(name))
        for program in (catalogue.HELM, catalogue.KUBECTL):
            (programs / program.name).symlink_to(assets.program(program))
        kubeconfig = yaml.safe_load(ground.cluster.kubeconfig.read_text())
        for context in kubeconfig["contexts"]:
            context["context"]["namespace"] = namespace
        (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
        own = {"KUBECONFIG": str(folder / "kubeconfig"), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        return cls(here, {**os.environ, **own})

    def run(self, command: str, *, status: int = 0) -> str:
        """What it prints; it has to end with STATUS."""
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        said = f"$ {command}\n{ended.stdout}{ended.stderr}"
        print(said)
        assert ended.returncode == status, said
        return ended.stdout

    @contextmanager
    def running(self, command: str, says: str) -> Iterator[None]:
        """From when it SAYS that, to Ctrl-C, at which it has to end well."""
        log = self.folder.parent / "running.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                shlex.split(command, comments=True),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                eventually(lambda: says in log.read_text() or process.poll() is not None, f"it says {says!r}", LIMIT)
                assert process.poll() is None, log.read_text()
                yield
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    status = process.wait(LIMIT)
                finally:
                    process.kill()
        assert status == 0, log.read_text()
