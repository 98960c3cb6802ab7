"""How many requests an engine has in its batch, step by step: a distribution that vLLM itself does not offer.

vLLM sets `vllm:num_requests_running` at every engine step, and prometheus_client keeps the time of it beside the value.
Looking twice a second, a value whose time has moved is a sample of a step; one whose time stands still is not a step
and is never counted again. The same time says how long ago an engine's last step was: a hung engine, seen from outside.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from rayscope.exporter.files.layout import Damaged, Layout, parse_name
from rayscope.exporter.files.listing import Identity, Listing
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.series import Labels, decode

SAMPLE_SECONDS = 0.5
FAMILY = "vllm:num_requests_running"
BOUNDS = (0, 1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""Upper bounds of the buckets: vLLM's CUDA graph sizes, thinned out; max_num_seqs is 1024 at most by default. A step
that leaves nothing running counts in the first."""


@dataclass
class Batches:
    """A histogram of sampled batch sizes; `counts` is not cumulative, its last entry is what exceeds BOUNDS."""

    counts: List[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0

    def add(self, size: float) -> None:
        """Count one sample."""
        self.counts[bisect_left(BOUNDS, size)] += 1
        self.sum += size


@dataclass(frozen=True)
class LastStep:
    """When the engine that the process `pid` speaks for made its last step (Unix time)."""

    pid: str
    labels: Labels
    time: float


class StepSampler:
    """Samples the gauges of every process in `directory`. Batches are summed over processes, so they outlive them."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._listing = Listing(directory)
        self._listed: Dict[str, Identity] = {}
        self._gauges: Dict[str, _Gauges] = {}
        self._batches: Dict[Labels, Batches] = {}

    @property
    def batches(self) -> Mapping[Labels, Batches]:
        """The sampled distribution by the gauge's labels: engine and model_name."""
        return self._batches

    def sample(self) -> None:
        """Look once. What cannot be read is the reader's to report: here it is no sample."""
        try:
            listed = self._listing.entries()
        except OSError:
            return
        if listed is not self._listed:
            self._listed = listed
            self._gauges = dict(self._adopt(listed))
        for gauges in self._gauges.values():
            for labels, size in gauges.steps():
                self._batches.setdefault(labels, Batches()).add(size)

    def last_steps(self, alive: Callable[[str], Optional[bool]]) -> List[LastStep]:
        """As of the last look, for every process that is not known to be dead and whose engine has made a step."""
        return [
            LastStep(gauges.file.name.pid, labels, time)
            for name, gauges in self._gauges.items()
            if gauges.times and alive(name) is not False
            for labels, time in gauges.times.items()
            if time > 0
        ]

    def _adopt(self, listed: Mapping[str, Identity]) -> Iterator[Tuple[str, _Gauges]]:
        """The gauge files that keep times, those that are known as they are."""
        for entry, identity in listed.items():
            name = parse_name(entry)
            if name and name.mode.endswith("mostrecent"):
                known = self._gauges.get(entry)
                same = known and known.file.identity == identity
                yield entry, known if known and same else _Gauges(WriterFile(self._directory, entry, identity, name))


class _Gauges:
    """What one gauge file has of FAMILY, and when each of it was set as of the last look."""

    def __init__(self, file: WriterFile) -> None:
        self.file = file
        self.times: Dict[Labels, float] = {}
        self._layout: Optional[Layout] = None
        self._places: Tuple[Tuple[int, Labels], ...] = ()

    def steps(self) -> Iterator[Tuple[Labels, float]]:
        """The batch sizes of the steps that were made since the last look, one at most for each engine."""
        try:
            self.file.refresh()
        except (OSError, Damaged):
            return
        if self.file.layout is not self._layout and self.file.layout:
            self._layout, self._places = self.file.layout, _places(self.file.layout)
        for place, labels in self._places:
            size, time = self.file.values[place], self.file.times[place]
            before, self.times[labels] = self.times.get(labels), time
            # A first sight is no movement: at our own start an idle engine's last step may be hours old.
            if before is not None and before != time and size >= 0 and math.isfinite(size):
                yield labels, size


def _places(layout: Layout) -> Tuple[Tuple[int, Labels], ...]:
    ours = ((place, decode(key)) for place, key in enumerate(layout.keys) if FAMILY.encode() in key)
    return tuple((place, series.labels) for place, series in ours if series.sample == FAMILY)
