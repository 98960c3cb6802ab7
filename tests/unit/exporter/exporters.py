"""Exporters as their users run them: a process of its own, asked over HTTP."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.unit.exporter.writers import PATIENCE_SECONDS

MODULE = (sys.executable, "-I", "-B", "-m", "rayscope.exporter")


class Exporter:
    """An exporter of `directory` on a free port of loopback, with further `options`; ended at exit."""

    def __init__(
        self,
        directory: Path,
        *options: str,
        program: tuple[str, ...] = MODULE,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*program, "--dir", str(directory), "--port", "0", "--host", "127.0.0.1", *options],
            env={**os.environ, **(environment or {})},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.greeting = self.line()
        self.port = int(self.greeting.rpartition("/metrics")[0].rpartition(":")[2])

    def line(self) -> str:
        """The next line of its log."""
        assert self.process.stderr
        return self.process.stderr.readline().rstrip("\n")

    def ask(
        self, path: str = "/metrics", method: str = "GET", **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """A response and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def text(self) -> str:
        """The text format."""
        response, body = self.ask()
        assert response.status == 200
        return body.decode()

    def value(self, series: str) -> float | None:
        """The value of `name{labels}` in the text format; None if it has none."""
        values = [line.rpartition(" ")[2] for line in self.text().splitlines() if line.rpartition(" ")[0] == series]
        assert len(values) <= 1
        return float(values[0]) if values else None

    def resident_kib(self, what: str = "VmRSS") -> int:
        """What the kernel says that its memory is."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{what}:"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status after a signal."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr
        self.process.stderr.close()
