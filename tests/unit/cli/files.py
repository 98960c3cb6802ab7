"""The command line as it is called, with files and pipes."""

from __future__ import annotations

from dataclasses import dataclass

from click.testing import CliRunner

from rayscope.cli import main

MONITOR = """\
apiVersion: rayscope.dev/v1alpha1
kind: VLLMMonitor
metadata:
  name: llm
spec:
  injection:
    volume: {sizeLimit: 1Gi}
    exporter: {port: 9999, families: ["vllm:", "http_"]}
  scrape: {interval: 15s, labels: {release: prometheus}, ray: Full}
"""


@dataclass(frozen=True)
class Called:
    status: int
    output: str
    """Standard output."""
    errors: str


def call(*arguments: object, given: str | None = None) -> Called:
    """`rayscope ARGUMENT...`, with `given` piped in."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given and given.encode())
    return Called(result.exit_code, result.stdout_bytes.decode(), result.stderr)
