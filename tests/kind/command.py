"""Programs that do their part and end: what they print, or an error that holds what they said."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

SAID = 4000


class CommandError(Exception):
    """A program failed; the message holds its command line and the end of what it said."""


def run(
    *words: str | Path,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    limit: float | None = None,
) -> str:
    """What the program prints; it is killed after LIMIT seconds."""
    command = [str(word) for word in words]
    settings = {**os.environ, **(environment or {})}
    try:
        result = subprocess.run(
            command, input=stdin, env=settings, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired as late:
        said = "".join(part.decode(errors="replace") for part in (late.stderr, late.stdout) if part)
        raise CommandError(_failure(command, f"no end within {limit:g} s", said)) from late
    if result.returncode:
        raise CommandError(_failure(command, f"exit status {result.returncode}", result.stderr + result.stdout))
    return result.stdout


def pipe(producer: list[str | Path], consumer: list[str | Path]) -> str:
    """What CONSUMER prints, which reads what PRODUCER prints: for what is too big to be held in between."""
    with subprocess.Popen(producer, stdout=subprocess.PIPE) as source:
        command = [str(word) for word in consumer]
        result = subprocess.run(command, stdin=source.stdout, capture_output=True, text=True, check=False)
    if result.returncode or source.returncode:
        status = f"exit status {result.returncode or source.returncode}"
        raise CommandError(_failure([*map(str, producer), "|", *command], status, result.stderr + result.stdout))
    return result.stdout


def succeeds(*words: str | Path) -> bool:
    """Whether the program is there and ends with 0; what it says is of no interest."""
    command = [str(word) for word in words]
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


def _failure(command: list[str], how: str, said: str) -> str:
    return f"{' '.join(command)}: {how}\n{said[-SAID:]}"
