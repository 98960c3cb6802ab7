"""Counters, summaries and histograms: what adds up over processes, those included that have ended.

The rules are prometheus_client's (multiprocess.py): histogram buckets are stored one by one and are accumulated here,
and `_count` is made of the last. Must never show a histogram that its writer has only half registered.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, groupby
from math import inf
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.series import Labels, Series
from rayscope.exporter.numbers.format import Family, go_string, labels_text, legal_labels, metric_name
from rayscope.exporter.numbers.lines import Lines
from rayscope.exporter.numbers.totals import Row, Totals

Place = Tuple[str, Labels, str, float]
"""Family, labels without `le`, sample, bucket's bound: sorted, buckets rise and a sum comes after them."""


class Sums:
    """Counters or summaries, one line for each total."""

    def __init__(self, lines: Lines, totals: Totals) -> None:
        self.lines = lines
        self._totals = totals

    def now(self) -> Sequence[float]:
        """The numbers for `lines`, as of the files' last refresh."""
        return self._totals.now()


@dataclass(frozen=True)
class Span:
    """Where the totals of one histogram series begin and end: buckets, then a sum if there is one."""

    first: int
    buckets: int
    end: int


class Histograms(Sums):
    """Histograms: buckets accumulated, sum, count."""

    def __init__(self, lines: Lines, totals: Totals, spans: Sequence[Span]) -> None:
        super().__init__(lines, totals)
        self._spans = spans

    def now(self) -> Sequence[float]:
        totals = self._totals.now()
        numbers: List[float] = []
        for span in self._spans:
            numbers.extend(accumulate(totals[span.first : span.buckets]))
            count = numbers[-1]
            numbers.extend(totals[span.buckets : span.end])
            numbers.append(count)
        return numbers


def sums(
    kind: str,
    families: Mapping[str, Family],
    series: Iterable[Series],
    files: Sequence[WriterFile],
    archived: Mapping[bytes, Row],
) -> Sums:
    """The sums of all `series` of one type that belong to `families`. `files` and `archived` have no other keys."""
    places = {one.key: _place(one) for one in series}
    shown = sorted({place for place in places.values() if place[0] in families})
    if kind != "histogram":
        lines = _lines(families, [(place[0], _line(place)) for place in shown])
        return Sums(lines, Totals(places, shown, files, archived))
    groups = [group for group in _groups(shown) if group[-1][3] == inf or (len(group) > 1 and group[-2][3] == inf)]
    lines = _lines(families, [(group[0][0], line) for group in groups for line in _histogram(group)])
    return Histograms(
        lines, Totals(places, [place for group in groups for place in group], files, archived), _spans(groups)
    )


def _place(series: Series) -> Place:
    if series.bound is None:
        return series.family, legal_labels(series.labels), series.sample, 0.0
    labels = legal_labels(label for label in series.labels if label[0] != "le")
    return series.family, labels, series.sample, series.bound


def _line(place: Place) -> str:
    return metric_name(place[2]) + labels_text(place[1])


def _groups(places: Iterable[Place]) -> List[List[Place]]:
    return [list(group) for _, group in groupby(places, key=lambda place: place[:2])]


def _histogram(group: Sequence[Place]) -> List[str]:
    """The lines of one series of a histogram: buckets, sum, count."""
    family, labels, _, _ = group[0]
    lines = [_bucket(place) if place[2].endswith("_bucket") else _line(place) for place in group]
    return [*lines, f"{metric_name(family)}_count{labels_text(labels)}"]


def _bucket(place: Place) -> str:
    return metric_name(place[2]) + labels_text(legal_labels([*place[1], ("le", go_string(place[3]))]))


def _lines(families: Mapping[str, Family], lines: Iterable[Tuple[str, str]]) -> Lines:
    sections: Dict[str, List[str]] = {}
    for family, line in lines:
        sections.setdefault(family, []).append(line)
    return Lines([(families[family], samples) for family, samples in sections.items()])


def _spans(groups: Sequence[Sequence[Place]]) -> List[Span]:
    spans = []
    first = 0
    for group in groups:
        buckets = sum(place[2].endswith("_bucket") for place in group)
        spans.append(Span(first, first + buckets, first + len(group)))
        first += len(group)
    return spans
