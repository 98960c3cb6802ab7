"""What was changed, as a unified diff of the very edits: a general algorithm may find others, with lines removed."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rayscope.manifests.edits import Edit, applied
from rayscope.manifests.rewriting import Rewritten

_CONTEXT = 3
_LAST = "\n\\ No newline at end of file\n"

Step = tuple[str, int, int, int, int]
"""As difflib has it: what is done, to which lines of the old text, and which of the new one come of it."""


def unified(old: str, new: Rewritten, name: str) -> Iterator[str]:
    """The diff, a line each; nothing where nothing was changed."""
    before, after = _lines(old), _lines(new.text)
    if not new.edits:
        yield from map(_ended, difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"))
        return
    yield f"--- a/{name}\n"
    yield f"+++ b/{name}\n"
    for hunk in _Known(before, after, _steps(old, new.edits, len(before), len(after))).get_grouped_opcodes(_CONTEXT):
        yield from map(_ended, _hunk(hunk, before, after))


class _Known(difflib.SequenceMatcher[str]):
    """A comparison whose outcome is known."""

    def __init__(self, before: Sequence[str], after: Sequence[str], steps: Iterable[Step]) -> None:
        super().__init__(None, before, after, autojunk=False)
        self._steps = list(steps)

    def get_opcodes(self) -> list[Step]:  # type: ignore[override] # its tags are literals
        return self._steps


def _steps(old: str, edits: Sequence[Edit], old_lines: int, new_lines: int) -> Iterator[Step]:
    """Each edit as whole lines; between them nothing changes."""
    done, shift = 0, 0
    for start, end, text in _regions(old, edits):
        first, last, added = old.count("\n", 0, start), len(_lines(old[:end])), len(_lines(text))
        yield "equal", done, first, done + shift, first + shift
        tag = "replace" if last > first and added else "insert" if added else "delete"
        yield tag, first, last, first + shift, first + shift + added
        done, shift = last, shift + added - (last - first)
    yield "equal", done, old_lines, done + shift, new_lines


def _regions(old: str, edits: Iterable[Edit]) -> Iterator[tuple[int, int, str]]:
    """Whole lines that edits concern: from and up to where in the old text, and what comes in their place."""
    groups: list[tuple[int, int, list[Edit]]] = []
    for edit in edits:
        start, end = _span(old, edit)
        if groups and start < groups[-1][1]:
            groups[-1] = (groups[-1][0], max(end, groups[-1][1]), [*groups[-1][2], edit])
        else:
            groups.append((start, end, [edit]))
    for start, end, together in groups:
        moved = [replace(edit, start=edit.start - start, end=edit.end - start) for edit in together]
        yield start, end, applied(old[start:end], moved)


def _span(old: str, edit: Edit) -> tuple[int, int]:
    """The lines that an edit touches; none where it adds lines between lines."""
    start = old.rfind("\n", 0, edit.start) + 1
    whole = edit.end == 0 or old[edit.end - 1] == "\n"
    if start == edit.start and whole and (edit.text.endswith("\n") or not edit.text):
        return start, edit.end
    return start, old.find("\n", edit.end) + 1 or len(old)


def _hunk(steps: Sequence[Step], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = steps[0], steps[-1]
    yield f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@\n"
    for tag, first, last, new_first, new_last in steps:
        if tag == "equal":
            yield from (" " + line for line in before[first:last])
            continue
        yield from ("-" + line for line in before[first:last])
        yield from ("+" + line for line in after[new_first:new_last])


def _range(start: int, end: int) -> str:
    """As POSIX has it: the first line, from 1, and how many; the line before where there are none."""
    return f"{start + 1 if end > start else start},{end - start}"


def _lines(text: str) -> list[str]:
    """With their line breaks; a line ends at a line feed alone."""
    return list(io.StringIO(text, newline="\n"))


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + _LAST
