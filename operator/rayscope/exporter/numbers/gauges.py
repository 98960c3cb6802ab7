"""Gauges: one series a process, or merged over processes as prometheus_client does. Only processes that live have any.

Two engines in one pod give their gauges equal labels; merged, one would hide the other (stock's `mostrecent` shows 21
where 19 + 21 run). So a `pid` label is the rule, and merging is for the API servers of one engine.
"""

from __future__ import annotations

from itertools import chain
from typing import Callable, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from rayscope.exporter.files.layout import GAUGE_RULES
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.series import Labels, Series, decode
from rayscope.exporter.numbers.format import Family, labels_text, legal_labels
from rayscope.exporter.numbers.lines import Lines
from rayscope.exporter.numbers.totals import exact_sum, picker

Absent = Mapping[WriterFile, FrozenSet[int]]
"""The gauge files, and the places in each that are not to be shown."""

Point = Tuple[str, Labels]
"""Family and labels as shown."""


class Source(NamedTuple):
    """Where a value is."""

    file: WriterFile
    at: int


Merges = Mapping[str, Callable[[Sequence[Source]], float]]
"""How several sources become one number, by rule."""


class Gauges:
    """Gauges and where their values come from: for each line of `lines` one source, or several to be merged."""

    def __init__(self, lines: Lines, sources: Sequence[Sequence[Source]], merges: Merges) -> None:
        self.lines = lines
        self._files = list(dict.fromkeys(source.file for one in sources for source in one))
        starts = _starts(self._files)
        self._first = picker([starts[one[0].file] + one[0].at for one in sources])
        rules = [one[0].file.name.rule for one in sources]
        self._merges = [(line, merges[rule], sources[line]) for line, rule in enumerate(rules) if rule in merges]

    def now(self) -> Sequence[float]:
        """The numbers for `lines`, as of the files' last refresh."""
        numbers = self._first(list(chain.from_iterable([file.values for file in self._files])))
        if not self._merges:
            return numbers
        merged = list(numbers)
        for line, merge, sources in self._merges:
            merged[line] = merge(sources)
        return merged


def per_process(families: Mapping[str, Family], absent: Absent) -> Gauges:
    """Every process's own, with its `pid`; a label of that name that the gauge itself has becomes `exported_pid`.

    Of a gauge that one process has in two modes, the first mode in GAUGE_RULES is shown.
    """
    points: Dict[Point, List[Source]] = {}
    files = sorted(absent, key=lambda file: -GAUGE_RULES.index(file.name.rule))
    for series, source in _sources(families, files, absent):
        points[series.family, _with_pid(_exported(series.labels), source)] = [source]
    return _gauges(families, points, {})


def merged(families: Mapping[str, Family], absent: Absent) -> Gauges:
    """As prometheus_client merges them. A gauge that processes have in several modes has the first in GAUGE_RULES."""
    points: Dict[Point, List[Source]] = {}
    rules: Dict[str, str] = {}
    files = sorted(absent, key=lambda file: GAUGE_RULES.index(file.name.rule))
    for series, source in _sources(families, files, absent):
        rule = source.file.name.rule
        labels = [label for label in series.labels if label[0] != "pid"]
        if rules.setdefault(series.family, rule) != rule:
            continue
        if rule == "all":
            points[series.family, _with_pid(labels, source)] = [source]
        else:
            points.setdefault((series.family, legal_labels(labels)), []).append(source)
    return _gauges(families, points, _MERGES)


def _sources(
    families: Mapping[str, Family], files: Sequence[WriterFile], absent: Absent
) -> Iterator[Tuple[Series, Source]]:
    for file in files:
        for at, key in enumerate(file.layout.keys if file.layout else ()):
            series = decode(key)
            if series.family in families and at not in absent[file]:
                yield series, Source(file, at)


def _exported(labels: Labels) -> Sequence[Tuple[str, str]]:
    """As Prometheus itself renames what a target's own labels would overwrite (honor_labels: false)."""
    names = {name for name, _ in labels}
    new = "exported_pid"
    while new in names:
        new = f"exported_{new}"
    return [(new if name == "pid" else name, value) for name, value in labels]


def _with_pid(labels: Sequence[Tuple[str, str]], source: Source) -> Labels:
    return legal_labels([*labels, ("pid", source.file.name.pid)])


def _gauges(families: Mapping[str, Family], points: Mapping[Point, Sequence[Source]], merges: Merges) -> Gauges:
    sections: Dict[str, List[str]] = {}
    for family, labels in sorted(points):
        sections.setdefault(family, []).append(families[family].name + labels_text(labels))
    lines = Lines([(families[family], samples) for family, samples in sections.items()])
    return Gauges(lines, [points[point] for point in sorted(points)], merges)


def _starts(files: Sequence[WriterFile]) -> Dict[WriterFile, int]:
    """Where each file's values begin when all of them stand in one row."""
    starts = {}
    start = 0
    for file in files:
        starts[file] = start
        start += len(file.values)
    return starts


# Merging. NaN counts as no number as long as another process has one.


def _values(sources: Sequence[Source]) -> List[float]:
    values = [file.values[at] for file, at in sources]
    return [value for value in values if value == value] or values  # noqa: PLR0124 - NaN


def _latest(sources: Sequence[Source]) -> float:
    file, at = max(sources, key=lambda source: source.file.times[source.at])
    return file.values[at]


_MERGES: Merges = {
    "mostrecent": _latest,
    "max": lambda sources: max(_values(sources)),
    "min": lambda sources: min(_values(sources)),
    "sum": lambda sources: exact_sum(file.values[at] for file, at in sources),
}
