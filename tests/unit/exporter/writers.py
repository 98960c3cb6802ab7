"""Real writers: processes with prometheus_client in multiprocess mode, which do what a test tells them, and die.

And what it takes to look at their directory: sums from the disk alone, conditions to wait for, small file systems.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from rayscope.exporter.archive.archive import ADDITIVE, Archive, Key
from rayscope.exporter.files.layout import parse, parse_name
from rayscope.exporter.files.naming import original_name

PATIENCE_SECONDS = 60.0
COUNTER_KEY = mmap_key("c", "c_total", [], [], "help")
"""What `Counter("c", "help")` writes."""

_PROGRAM = """
import json, os, sys
from prometheus_client import Counter, Gauge, Histogram, Summary, values

pid = sys.argv[1]
values.ValueClass = values.MultiProcessValue(lambda: pid or os.getpid())
for line in sys.stdin:
    exec(json.loads(line), globals())
    print("done", flush=True)
"""


def until(condition: Callable[[], object]) -> None:
    """Wait for `condition`; it is false for ever if it still is after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "this never became true"
        time.sleep(0.002)


def huge(path: Path, number: int) -> BinaryIO:
    """A writer's file, open for writing, with twelve megabytes of keys that no other file has."""
    entries = bytearray()
    for index in range(1200):
        name = f"vllm:huge_{number}_{index}{'_' * 5000}"
        key = f'["{name}", "{name}", {{}}, ""]'.encode()
        entries += len(key).to_bytes(4, sys.byteorder) + key + b" " * (8 - (len(key) + 4) % 8) + bytes(16)
    path.write_bytes((8 + len(entries)).to_bytes(4, sys.byteorder) + bytes(4) + entries)
    return open(path, "r+b")


class Writer:
    """A process whose files end in `pid` (its own if not given). `wrapper` is a command that starts it."""

    def __init__(
        self,
        directory: Path,
        *statements: str,
        pid: str = "",
        wrapper: tuple[str, ...] = (),
        descriptors: tuple[int, ...] = (),
    ) -> None:
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-c", _PROGRAM, pid],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=descriptors,
            text=True,
        )
        for statement in statements:
            self.run(statement)

    def run(self, statement: str) -> None:
        """Let it execute Python code, and wait until it has."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(statement) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n", "the writer died"

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        """Let it come to its end, as a process that has nothing more to do."""
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait() == 0

    def kill(self) -> None:
        """SIGKILL; all that it had open is closed when this returns."""
        with self.process as process:
            process.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class CounterFile:
    """A writer's file with one counter, opened by this process as a writer opens it."""

    def __init__(self, path: Path) -> None:
        self._dict: Any = MmapedDict(str(path))  # type: ignore[no-untyped-call]

    def inc(self, amount: float = 1.0) -> None:
        value, _ = self._dict.read_value(COUNTER_KEY)
        self._dict.write_value(COUNTER_KEY, value + amount, 0.0)

    def close(self) -> None:
        self._dict.close()


def leave(directory: Path, *statements: str, pid: str = "") -> None:
    """What a writer that does `statements` and dies leaves behind."""
    with Writer(directory, *statements, pid=pid):
        pass


def sums(directory: Path) -> dict[Key, float]:
    """What the archive and the files add up to, from the disk alone."""
    archive = Archive(str(directory))
    terms = {key: list(partials) for key, partials in archive.sums.items()}
    for entry in set(os.listdir(directory)) - archive.folded:
        file = parse_name(original_name(entry) or entry)
        if file and file.type in ADDITIVE:
            data = (directory / entry).read_bytes()
            layout = parse(data)
            for key, value in zip(layout.keys, layout.values(data), strict=True):
                terms.setdefault((file.type, key), []).append(value)
    return {key: math.fsum(values) for key, values in terms.items()}


def total(directory: Path) -> float:
    """Everything in one number."""
    return math.fsum(sums(directory).values())


def writers_files(directory: Path) -> list[str]:
    """Entries of the directory that are writers', under whatever name."""
    return sorted(entry for entry in os.listdir(directory) if parse_name(original_name(entry) or entry))


@contextlib.contextmanager
def mounted(directory: Path, *arguments: str) -> Iterator[Path]:
    """`directory`, with something mounted on it; the test is skipped where that is not permitted."""
    directory.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(directory)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def fill(ballast: Path) -> None:
    """Use up the file system that `ballast` is on, by writing it."""
    content = bytes(4096)
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(content):
            pass
    assert os.statvfs(ballast).f_bavail == 0


def file_system(directory: Path) -> str:
    """The type of the file system that `directory` is on, as /proc/mounts calls it."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    on = [mount for mount in mounts if directory.is_relative_to(mount[1])]
    return max(on, key=lambda mount: len(mount[1]))[2]
