"""Bucket edges of the histograms that objectives are about, read off what a pod says. Pure; none is made up."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping

from rayscope.model.manifest import Manifest, mapping, sequence
from rayscope.model.rules import Edges, Indicator
from rayscope.render.rules.slo import HISTOGRAMS
from rayscope.render.rules.vocabulary import LATENCIES

INDICATORS: Mapping[str, Indicator] = {
    name: indicator for indicator, histogram in HISTOGRAMS.items() for name in LATENCIES[histogram]
}
"""By vLLM's names of the histograms, today's and former ones."""
RAYS = re.compile(
    rf"^ray_vllm[_:]({'|'.join(INDICATORS)})_bucket\{{(?:[^\n]*,)?le=\"(\d+(?:\.\d*)?(?:e[-+]?\d+)?)\"".encode(),
    re.MULTILINE,
)
"""A bucket on Ray's port, but for the last one, whose edge is no number."""


def reported(status: Manifest) -> Edges:
    """By an exporter's `/status`."""
    found: dict[Indicator, frozenset[float]] = {}
    for family in map(mapping, sequence(status, "families")):
        indicator = INDICATORS.get(str(family.get("name")).removeprefix("vllm:"))
        if indicator and indicator not in found and (bounds := sequence(family, "bounds")):
            found[indicator] = frozenset(map(float, bounds))
    return found


def shown(metrics: bytes | bytearray) -> Edges:
    """By Ray's own metrics, as text."""
    found: defaultdict[Indicator, set[float]] = defaultdict(set)
    for name, edge in RAYS.findall(metrics):
        found[INDICATORS[name.decode()]].add(float(edge))
    return {indicator: frozenset(filter(math.isfinite, edges)) for indicator, edges in found.items()}
