"""What this process takes from the pod at most, and how it ends: the engine beside it costs a hundred times more.

Memory ends in a MemoryError of ours, below the container's default limit: the kernel may kill a whole cgroup at once.
"""

from __future__ import annotations

import os
import resource
import signal
import socket

from rayscope.exporter.files.lease import survive_breaks

MEMORY_BYTES = 96 * 1024 * 1024
"""RLIMIT_DATA: private writable memory, i.e. what the cgroup charges us for. RLIMIT_AS would also count shared
libraries and a locale archive, which differ by image. The container's limit is 128 MiB by default."""

NICENESS = 5
"""A third of the weight of the engine's threads where both share a scheduling group (a plain host); between containers
the CPU request decides. Not 19: a scrape of a few milliseconds must not wait for seconds on a busy machine."""

LAST_RESORT_SECONDS = 0.9


def restrict(memory_bytes: int = MEMORY_BYTES) -> None:
    """Bound this process, for good: memory, priority, no core dumps, no death by a lease's SIGIO."""
    _lower(resource.RLIMIT_DATA, memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    os.nice(NICENESS)
    survive_breaks()


def _lower(limit: int, value: int) -> None:
    """Lower both the soft and the hard limit; one that is lower already stays."""
    _, hard = resource.getrlimit(limit)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def stop_socket() -> socket.socket:
    """Becomes readable on SIGTERM or SIGINT; whatever the process is then doing, it ends within a second."""
    readable, writable = socket.socketpair()
    writable.settimeout(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _arm_last_resort)
    signal.set_wakeup_fd(writable.detach(), warn_on_full_buffer=False)
    return readable


def _arm_last_resort(_number: int, _frame: object) -> None:
    """Let the kernel end us (SIGALRM's default action) if the server has not done so by then."""
    signal.setitimer(signal.ITIMER_REAL, LAST_RESORT_SECONDS)
