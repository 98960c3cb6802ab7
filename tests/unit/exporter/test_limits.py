"""What the exporter's process may take, and how it ends: each in a process of its own, because limits are for good."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.unit.exporter.writers import PATIENCE_SECONDS

IMPORTS = "import os, resource, signal\nfrom rayscope.exporter.limits import restrict, stop_socket\n"


def result(program: str) -> str:
    """What a program prints that uses limits.py."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS + program], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    return done.stdout.strip()


def test_memory_ends_in_an_error_that_can_be_survived() -> None:
    program = """
restrict(64 << 20)
try:
    bytearray(80 << 20)
except MemoryError:
    print("refused", len(bytearray(30 << 20)))
"""
    assert result(program) == f"refused {30 << 20}"


def test_a_limit_that_is_lower_already_stays() -> None:
    program = """
resource.setrlimit(resource.RLIMIT_DATA, (50 << 20, 50 << 20))
restrict(64 << 20)
print(*resource.getrlimit(resource.RLIMIT_DATA))
"""
    assert result(program) == f"{50 << 20} {50 << 20}"


def test_no_core_is_dumped_and_priority_is_below_the_engines() -> None:
    program = (
        "ours = os.nice(0); restrict(64 << 20); print(*resource.getrlimit(resource.RLIMIT_CORE), os.nice(0) - ours)"
    )
    assert result(program) == "0 0 5"


def test_the_signal_of_a_broken_lease_is_ignored() -> None:
    assert result("restrict(64 << 20); os.kill(os.getpid(), signal.SIGIO); print('alive')") == "alive"


def test_a_signal_to_stop_makes_the_socket_readable() -> None:
    for name in ("SIGTERM", "SIGINT"):
        program = f"stop = stop_socket(); os.kill(os.getpid(), signal.{name}); print(len(stop.recv(1)))"
        assert result(program) == "1"


def test_a_process_that_does_not_stop_by_itself_is_ended_by_the_kernel() -> None:
    program = "stop = stop_socket(); print('busy', flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", IMPORTS + program], stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout
        assert busy.stdout.readline() == "busy\n"
        busy.send_signal(signal.SIGTERM)
        assert busy.wait(PATIENCE_SECONDS) == -signal.SIGALRM
