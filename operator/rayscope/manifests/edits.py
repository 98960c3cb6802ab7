"""An edit: a stretch of a text, and what stands there instead. Nearly all of them are insertions of whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rayscope.manifests.source import Source


@dataclass(frozen=True)
class Edit:
    """`text` instead of what is from `start` up to `end`."""

    start: int
    end: int
    text: str = ""
    rank: tuple[int, int] = (0, 0)
    """Of several insertions at one place, the lower comes first: what is nested deeper, items before keys."""


class NotEditable(Exception):  # noqa: N818 - what is told to users, never a fault of ours
    """The text cannot be edited there without writing anew what somebody wrote."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


def inserted_lines(source: Source, position: int, lines: Sequence[str], rank: tuple[int, int]) -> Edit:
    """Whole lines at `position`, the beginning of a line; or after the last one, which may lack its line break."""
    newline = source.newline(position)
    text = newline.join(lines)
    unfinished = position and source.text[position - 1] != "\n"
    return Edit(position, position, newline + text if unfinished else text + newline, rank)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits."""
    result, end = "", 0
    for edit in merged(edits, text):
        result += text[end : edit.start] + edit.text
        end = edit.end
    return result + text[end:]


def merged(edits: Iterable[Edit], text: str) -> list[Edit]:
    """Edits in the order of the text. Equal ones, as of a node that two aliases name, count once.

    Removals that touch or overlap become one: only then can be seen whether the end of the text goes.
    """
    once = list(dict.fromkeys(edits))
    removals: list[Edit] = []
    for edit in sorted((edit for edit in once if not edit.text), key=lambda edit: edit.start):
        if removals and edit.start <= removals[-1].end:
            removals[-1] = Edit(removals[-1].start, max(edit.end, removals[-1].end))
        else:
            removals.append(edit)
    kept = [edit for edit in once if edit.text] + [_without_its_line_break(edit, text) for edit in removals]
    return sorted(kept, key=lambda edit: (edit.start, edit.rank))


def _without_its_line_break(removal: Edit, text: str) -> Edit:
    """If the last line goes, and had no line break, then the line that is last now had none either."""
    if removal.end < len(text) or text.endswith("\n"):
        return removal
    before = text[: removal.start]
    return Edit(
        len(before.removesuffix("\n").removesuffix("\r")) if before.endswith("\n") else removal.start, len(text)
    )
