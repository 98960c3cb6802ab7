"""Says what is being fetched or built and for how long: a spinner on a terminal, else a line now and then.

A build may take minutes without a word of its own; whoever watches, a CI runner included, must see life.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

HEARTBEAT = 20.0
CONSOLE = Console(stderr=True, highlight=False, soft_wrap=True)


class Step:
    """One part's line: `doing` may change while it is under way, `outcome` is what came of it."""

    def __init__(self, what: str, doing: str) -> None:
        self.what = what
        self.doing = doing
        self.outcome = ""
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def now(self, doing: str) -> None:
        """Say what is done from here on."""
        self.doing = doing
        if not CONSOLE.is_terminal:
            self.beat()

    def note(self, text: str) -> None:
        """Leave a line that stays."""
        CONSOLE.print(f"[dim]{escape(self.what)}: {escape(text)}[/dim]")

    def beat(self) -> None:
        CONSOLE.print(f"[dim]{escape(self.what)}: {escape(self.doing)} ({self.seconds:.0f} s so far)[/dim]")

    def line(self) -> str:
        return f"{self.what:<32} {self.outcome}"


@contextmanager
def step(what: str, doing: str) -> Iterator[Step]:
    """Show that WHAT is under way for as long as the block takes, then its outcome and its seconds."""
    current = Step(what, doing)
    with _alive(current):
        yield current
    CONSOLE.print(f"[green]✓[/green] {escape(current.line())} [dim]{current.seconds:.1f} s[/dim]")


@contextmanager
def _alive(current: Step) -> Iterator[None]:
    over = threading.Event()
    target = _spin if CONSOLE.is_terminal else _beat
    thread = threading.Thread(target=target, args=(current, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _spin(current: Step, over: threading.Event) -> None:
    with CONSOLE.status("") as status:
        while not over.wait(0.2):
            status.update(f"{escape(current.what)}: {escape(current.doing)} [dim]{current.seconds:.0f} s[/dim]")


def _beat(current: Step, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT):
        current.beat()
