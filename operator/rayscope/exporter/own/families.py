"""Families that the exporter says something in of its own, as opposed to those that it reads: built and written out.

Names begin with `rayscope_`: what a program says about others must not look as if they had said it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import Iterable, List, NamedTuple, Sequence, Tuple

from rayscope.exporter.files.series import Labels
from rayscope.exporter.numbers.format import Family, encoded, go_string, labels_text, numbers

Sample = Tuple[str, Labels, float]
"""What follows the family's name (`_bucket`, `_total`), the labels, the value."""


class OwnFamily(NamedTuple):
    """A family with its samples; none of them, and the family is not shown."""

    family: Family
    samples: Tuple[Sample, ...]


def labelled(**labels: str) -> Labels:
    """Labels as keywords: `labelled(state="live")`."""
    return tuple(labels.items())


def gauge(name: str, text: str, *values: Tuple[Labels, float]) -> OwnFamily:
    """A gauge, one sample for each (labels, value)."""
    return OwnFamily(Family(name, "gauge", text), tuple(("", labels, value) for labels, value in values))


def counter(name: str, text: str, *values: Tuple[Labels, float]) -> OwnFamily:
    """A counter; `name` is without `_total`."""
    return OwnFamily(Family(name, "counter", text), tuple(("_total", labels, value) for labels, value in values))


def histogram(name: str, text: str, bounds: Sequence[float], *values: Tuple[Labels, Sequence[int], float]) -> OwnFamily:
    """A histogram of (labels, counts of each bucket, sum): one count more than `bounds`, and none is cumulative."""
    edges = [*map(float, bounds), float("inf")]
    samples: List[Sample] = []
    for labels, counts, total in values:
        cumulative = list(accumulate(counts))
        for edge, count in zip(edges, cumulative):  # noqa: B905 - Python 3.9
            samples.append(("_bucket", (*labels, ("le", go_string(edge))), count))
        samples.append(("_count", labels, cumulative[-1]))
        samples.append(("_sum", labels, total))
    return OwnFamily(Family(name, "histogram", text), tuple(samples))


def render(families: Iterable[OwnFamily], *, openmetrics: bool) -> bytes:
    """As lines of either format, without OpenMetrics' `# EOF`. Labels that are the writers' may not be UTF-8."""
    return encoded(_lines(one, openmetrics=openmetrics) for one in families if one.samples)


def _lines(one: OwnFamily, *, openmetrics: bool) -> str:
    family = one.family
    texts = numbers([float(value) for _, _, value in one.samples])
    lines = [
        f"{_series(family.name, suffix, labels)} {text}\n"
        for (suffix, labels, _), text in zip(one.samples, texts)  # noqa: B905 - Python 3.9
    ]
    return _header(family.name, family.type, family.help, openmetrics) + "".join(lines)


# The same names and labels come again at every scrape.


@lru_cache(maxsize=256)
def _header(name: str, kind: str, text: str, openmetrics: bool) -> str:  # noqa: FBT001 - lru_cache is faster without names
    family = Family(name, kind, text)
    return family.openmetrics_header() if openmetrics else family.text_header()


@lru_cache(maxsize=1024)
def _series(name: str, suffix: str, labels: Labels) -> str:
    return name + suffix + labels_text(labels)
