"""Processes beside Ray that write metrics as engines do: with process ids that were somebody's before, or far too much.

Each says its process id, and lives until something ends it. It must never write what it did not say it would.
"""

import os
import signal
import sys
from collections.abc import Callable, Container

LABELS = ["model_name", "engine"]
FAMILY = 5
"""So many get process ids that follow each other, so that it takes no luck to get one of them once more."""
TRIALS = 200_000


def main(command: str, *words: str) -> None:
    """`line FROM COUNT`: writers from a process id on. `heir COUNT PID...`: one with one of these. `flood SERIES`."""
    if command == "line":
        ancestor = range(int(words[0]), 1 << 22)
        print(*(born(ancestor, lambda: count("line", int(words[1]))) for _ in range(FAMILY)))
    elif command == "heir":
        print(born({int(word) for word in words[1:]}, lambda: count("line", int(words[0]))))
    else:
        print(born(range(1 << 22), lambda: flood(int(words[0]))))


def count(model: str, tokens: int) -> None:
    from prometheus_client import Counter, Gauge

    Counter("vllm:generation_tokens", "Tokens", LABELS).labels(model, "0").inc(tokens)
    running = Gauge("vllm:num_requests_running", "Running", LABELS, multiprocess_mode="mostrecent")
    running.labels(model, "0").set(tokens)


def flood(series: int) -> None:
    from prometheus_client import Gauge

    gauge = Gauge("vllm:flood", "Too much", LABELS, multiprocess_mode="mostrecent")
    for number in range(series):
        gauge.labels(f"a-model-with-a-long-name-{number}", "0").set(number)


def born(wanted: Container[int], work: Callable[[], None]) -> int:
    """The first child whose process id is wanted, when its work is done; the others end at once."""
    for _ in range(TRIALS):
        done, tell = os.pipe()
        child = os.fork()
        if child == 0:
            if os.getpid() in wanted:
                _live(work, tell)
            os._exit(0)
        os.close(tell)
        if child in wanted:
            os.read(done, 1)
            return child
        os.close(done)
        os.waitpid(child, 0)
    raise LookupError(f"none of {TRIALS} children has a process id of those wanted")


def _live(work: Callable[[], None], tell: int) -> None:
    """On, without whoever asked for it."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    work()
    os.write(tell, b".")
    while True:
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
