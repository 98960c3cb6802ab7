"""Processes that do something for every line that they are sent, and say when it is done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class Obedient:
    """`python -m MODULE ARGUMENT...`, for as long as a `with` block lasts."""

    def __init__(self, module: str, *arguments: object, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate()

    def do(self, word: str) -> None:
        """Ask for it, and wait until it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._hear()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise AssertionError(f"{self._process.args!r} has ended with {self._process.wait()}")
