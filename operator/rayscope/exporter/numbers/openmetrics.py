"""What OpenMetrics refuses and Prometheus has always taken: such a family is given without its type.

A counter or a histogram's sum may not be negative or NaN there, and a histogram with a negative bound has no sum. One
NaN that a program once observed would cost the whole answer. No number is left out; only Prometheus' metadata lack it.
"""

from __future__ import annotations

import re
from typing import List, Sequence

from rayscope.exporter.numbers.format import Family
from rayscope.exporter.numbers.lines import Lines

_SAMPLE_NAME = re.compile(r"[^{ ]+")


def openmetrics(lines: Lines, values: Sequence[float], numbers: Sequence[str]) -> str:
    """`lines` in OpenMetrics; `numbers` are the `values` as text."""
    families = [family for family, _ in lines.sections]
    if all(map(_has_lawful_bounds, families)) and (_lawful(values) or all(one.type == "gauge" for one in families)):
        return lines.filled(Family.openmetrics_header, numbers)
    return _by_family(lines, values, numbers)


def _has_lawful_bounds(family: Family) -> bool:
    return not family.bounds or family.bounds[0] >= 0


def _lawful(values: Sequence[float]) -> bool:
    """None is negative or NaN: a NaN makes the sum one."""
    return min(values, default=0.0) >= 0 and sum(values) >= 0


def _by_family(lines: Lines, values: Sequence[float], numbers: Sequence[str]) -> str:
    sections: List[str] = []
    start = 0
    for family, samples in lines.sections:
        end = start + len(samples)
        section = Lines([(family, samples)]).filled(Family.openmetrics_header, numbers[start:end])
        lawful = _has_lawful_bounds(family) and _lawful(values[start:end])
        sections.append(section if lawful else _without_type(section))
        start = end
    return "".join(sections)


def _without_type(section: str) -> str:
    """Without HELP and TYPE every sample name is a family of its own, whose samples have to stand together."""
    samples = [line for line in section.split("\n") if line and not line.startswith("#")]
    return "".join(f"{line}\n" for line in sorted(samples, key=_sample_name))


def _sample_name(line: str) -> str:
    found = _SAMPLE_NAME.match(line)
    return found.group() if found else line
