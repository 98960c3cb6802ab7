"""How the demo speaks: steps with what was seen, each a check whose failure the exit status tells."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table


class Story:
    """Chapters and checks on the terminal; `failed` counts what did not hold."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
        self.failed = 0

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        self.console.print(f"\n[bold cyan]{title}[/]")
        start = time.monotonic()
        yield
        self.console.print(f"  [dim]{time.monotonic() - start:.1f} s[/]")

    def say(self, text: str) -> None:
        self.console.print(f"  {text}")

    def check(self, claim: str, *, holds: bool, seen: object = "") -> None:
        self.failed += not holds
        mark = "[green]✓[/]" if holds else "[bold red]✗[/]"
        self.console.print(f"  {mark} {claim}" + (f"  [dim]{seen}[/]" if seen != "" else ""))

    def table(self, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
        table = Table(*columns, box=None, pad_edge=False, header_style="dim", padding=(0, 2))
        for row in rows:
            table.add_row(*map(str, row))
        self.console.print(table)

    def end(self) -> None:
        if self.failed:
            self.console.print(f"\n[bold red]{self.failed} claims did not hold.[/]")
        else:
            self.console.print("\n[bold green]Every claim held.[/] Next: make test, or the README's Quickstart.")
