"""Which families are shown: those that the allow-list names, and of those that would clash, one.

One directory may hold the files of several programs and versions. Two families that lay claim to the same sample name
would make Prometheus refuse the whole answer, so the second one is left out, and said to be. Which one is the second
must never depend on the order of files: counters come first, because their past cannot be had again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Sequence, Set, Tuple

from rayscope.exporter.files.series import Series
from rayscope.exporter.numbers.format import Family, metric_name

PRECEDENCE = ("counter", "histogram", "summary", "gauge")

_SUFFIXES = {
    "counter": ("", "_total", "_created"),
    "histogram": ("", "_bucket", "_sum", "_count", "_created"),
    "summary": ("", "_sum", "_count", "_created"),
    "gauge": ("",),
}
"""What a family may call its samples, OpenMetrics included."""


@dataclass(frozen=True)
class Catalog:
    """The families to show."""

    families: Mapping[Tuple[str, str], Family]
    """By type, and name as the writers have it."""
    left_out: Mapping[str, str]
    """Families that clash with another: their name and type, and which name is taken."""

    def of(self, kind: str) -> Dict[str, Family]:
        """The families of one type, by name as the writers have it."""
        return {name: family for (of, name), family in self.families.items() if of == kind}


def catalog(series: Mapping[str, Iterable[Series]], prefixes: Sequence[str]) -> Catalog:
    """The families of `series`, which is by type, whose names begin with one of `prefixes`; none given means all."""
    families: Dict[Tuple[str, str], Family] = {}
    left_out: Dict[str, str] = {}
    taken: Set[str] = set()
    for kind in PRECEDENCE:
        for name, members in sorted(_families(series.get(kind, ()), tuple(prefixes) or ("",)).items()):
            claims = {metric_name(name) + suffix for suffix in _SUFFIXES[kind]}
            if claims & taken:
                left_out[f"{name} ({kind})"] = ", ".join(sorted(claims & taken))
                continue
            taken |= claims
            families[kind, name] = Family(metric_name(name), kind, min(one.help for one in members), _bounds(members))
    return Catalog(families, left_out)


def _families(series: Iterable[Series], prefixes: Tuple[str, ...]) -> Dict[str, List[Series]]:
    families: Dict[str, List[Series]] = {}
    for one in series:
        if one.family.startswith(prefixes):
            families.setdefault(one.family, []).append(one)
    return families


def _bounds(series: Iterable[Series]) -> Tuple[float, ...]:
    return tuple(sorted({one.bound for one in series if one.bound is not None}))
