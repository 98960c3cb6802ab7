"""`rayscope COMMAND` as users call it: a process of its own, with a kubeconfig, and no terminal."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Told:
    """What a command said, and how it ended."""

    code: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


def rayscope(kubeconfig: Path, *arguments: str, timeout: float = 120) -> Told:
    """Call it, against a cluster as somebody."""
    command: list[str | Path] = [Path(sys.executable).with_name("rayscope"), *arguments, f"--kubeconfig={kubeconfig}"]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=timeout
    )
    return Told(ended.returncode, ended.stdout, ended.stderr)
