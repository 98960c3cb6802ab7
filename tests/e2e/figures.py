"""What the stories compared, and how long they took: two tables at the end of a run, printed and kept.

A figure is noted with both of its sides, the truth (a ledger, the clients' own sums) and what Prometheus said.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    story: str
    what: str
    truth: str
    told: str


@dataclass
class Figures:
    """Of one run."""

    story: str = ""
    figures: list[Figure] = field(default_factory=list)
    timings: list[tuple[str, str, float]] = field(default_factory=list)
    """Story, outcome, seconds: those of its fixtures are in a line of their own."""

    def compared(self, what: str, truth: object, told: object) -> None:
        self.figures.append(Figure(self.story, what, str(truth), str(told)))
        print(f"{what}: {truth} | {told}")

    def lines(self) -> list[str]:
        """Two tables, in Markdown."""
        took = [(story, outcome, f"{seconds:.1f}") for story, outcome, seconds in self.timings]
        took.append(("all", "", f"{sum(seconds for _, _, seconds in self.timings):.1f}"))
        seen = [(figure.story, figure.what, figure.truth, figure.told) for figure in self.figures]
        return [
            *_table(("story", "compared", "truth", "Prometheus"), seen),
            "",
            *_table(("story", "outcome", "seconds"), took),
        ]

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "figures.md").write_text("\n".join(self.lines()) + "\n")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    table = [tuple(cell.replace("|", r"\|") for cell in row) for row in (head, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]

    def line(row: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"

    return [line(head), line(tuple("-" * width for width in widths)), *(line(row) for row in table[1:])]


FIGURES = Figures()
"""This run's."""
