"""Sums of many files' values, place by place: exact, rounded once, whatever order the files come in.

Any other order of additions may move a sum by one ulp, and Prometheus takes a counter that falls for a restart and
counts the whole of it again. So the values of the living and the partials of the dead go through one math.fsum.
"""

from __future__ import annotations

from itertools import zip_longest
from math import fsum
from operator import itemgetter
from typing import Callable, Hashable, Iterable, List, Mapping, Sequence, Tuple

from rayscope.exporter.files.reader import WriterFile

Place = Hashable
"""What is summed up: keys with the same place are one series."""

Row = Sequence[float]
Spread = Callable[[Row], Row]
"""Brings a file's values into the order of columns; 0.0 where it has none."""


class Totals:
    """The totals of `shown` places over `files` and `archived`, which is by key.

    Columns stand in the order in which the first files have their keys, so that most files need no rearranging; one
    column for every place, shown or not.
    """

    def __init__(
        self,
        places: Mapping[bytes, Place],
        shown: Sequence[Place],
        files: Sequence[WriterFile],
        archived: Mapping[bytes, Row],
    ) -> None:
        layouts = dict.fromkeys(file.layout for file in files if file.layout)
        keys = [*(key for layout in layouts for key in layout.keys), *archived]
        number = {place: column for column, place in enumerate(dict.fromkeys(places[key] for key in keys))}
        column = {key: number[places[key]] for key in keys}
        spreads = {layout: _spreads([column[key] for key in layout.keys], len(number)) for layout in layouts}
        self._rows = [(file, spread) for file in files if file.layout for spread in spreads[file.layout]]
        self._archived = _archived_rows([(column[key], partials) for key, partials in archived.items()], len(number))
        self._shown = picker([number[place] for place in shown])

    def now(self) -> Sequence[float]:
        """The totals as of the files' last refresh, in the order of `shown`."""
        rows = [spread(file.values) for file, spread in self._rows]
        return self._shown(_sums(rows + self._archived))


def picker(indices: Sequence[int]) -> Callable[[Sequence[float]], Tuple[float, ...]]:
    """Takes the items at `indices`; itemgetter itself returns no tuple for fewer than two."""
    if len(indices) > 1:
        return itemgetter(*indices)
    return lambda items: tuple(items[index] for index in indices)


def exact_sum(values: Iterable[float]) -> float:
    """math.fsum; and where infinities meet or the range is left, which it refuses, what IEEE 754 says."""
    values = list(values)
    try:
        return fsum(values)
    except (OverflowError, ValueError):
        return sum(values)


def _spreads(columns: Sequence[int], width: int) -> List[Spread]:
    """How to bring a file's values into their `columns`: with more than one row if some have the same column."""
    absent = len(columns)
    rows: List[List[int]] = []
    for at, column in enumerate(columns):
        row = next((row for row in rows if row[column] == absent), None)
        if row is None:
            row = [absent] * width
            rows.append(row)
        row[column] = at
    return [_spread(row, absent) for row in rows]


def _archived_rows(archived: Iterable[Tuple[int, Row]], width: int) -> List[Row]:
    columns: List[List[float]] = [[] for _ in range(width)]
    for column, partials in archived:
        columns[column].extend(partials)
    return list(zip_longest(*columns, fillvalue=0.0))


def _spread(row: Sequence[int], absent: int) -> Spread:
    if list(row) == list(range(absent)):
        return lambda values: values
    pick = picker(row)
    return lambda values: pick((*values, 0.0))


def _sums(rows: Sequence[Row]) -> Sequence[float]:
    if len(rows) == 1:
        return rows[0]
    try:
        return list(map(fsum, zip(*rows)))  # noqa: B905 - Python 3.9
    except (OverflowError, ValueError):
        return list(map(exact_sum, zip(*rows)))  # noqa: B905
