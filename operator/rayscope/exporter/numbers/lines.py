"""The lines of some families without their numbers: written once, filled in at every scrape by two C calls."""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence, Tuple

from rayscope.exporter.numbers.format import Family

Header = Callable[[Family], str]
"""Family.text_header or Family.openmetrics_header: all that the formats differ in."""

Section = Tuple[Family, Sequence[str]]
"""A family, and its samples as `name{labels}`."""


class Lines:
    """The lines of `sections`, in that order; every section has at least one sample."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self._pieces: Dict[Header, List[str]] = {}

    def filled(self, header: Header, numbers: Sequence[str]) -> str:
        """With a number for each sample."""
        if header not in self._pieces:
            self._pieces[header] = self._cut(header)
        pieces = self._pieces[header]
        pieces[1::2] = numbers
        return "".join(pieces)

    def _cut(self, header: Header) -> List[str]:
        """The text in pieces, cut where the numbers go."""
        pieces = []
        begin = ""
        for family, samples in self.sections:
            begin += header(family)
            for sample in samples:
                pieces += [f"{begin}{sample} ", ""]
                begin = "\n"
        return [*pieces, begin]
