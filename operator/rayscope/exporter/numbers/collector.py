"""One scrape: read the files, take the gauges of the dead away, sum up, write down.

How the answer is put together is planned once and used until files, keys or the archive change, so that a scrape costs
what the living processes' numbers cost. Must never fail for what a writer, or the lack of one, does.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Optional, Sequence, Tuple

from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.files.liveness import Liveness
from rayscope.exporter.files.reader import Reader
from rayscope.exporter.numbers.absent import absent
from rayscope.exporter.numbers.format import Family, encoded, numbers
from rayscope.exporter.numbers.lines import Lines
from rayscope.exporter.numbers.openmetrics import openmetrics
from rayscope.exporter.numbers.plan import Plan, State


class Exposition:
    """The answer to one scrape, in whichever format it is asked for."""

    def __init__(self, families: Sequence[Family], blocks: Sequence[Tuple[Lines, Sequence[float]]]) -> None:
        self.families = families
        """All that there are to show; one whose gauges were never set has no samples yet."""
        self._blocks = [(lines, values, numbers(values)) for lines, values in blocks]

    def text(self) -> bytes:
        """Text format 0.0.4."""
        return encoded(lines.filled(Family.text_header, texts) for lines, _, texts in self._blocks)

    def openmetrics(self) -> bytes:
        """OpenMetrics 1.0, without the `# EOF` that must follow."""
        return encoded(openmetrics(*block) for block in self._blocks)


class Collector:
    """Collects from `directory` the families whose names begin with one of `families`; none given means all.

    `gauges` is "process" (each with its pid) or "merged" (as prometheus_client does, over the living).
    """

    def __init__(
        self, directory: str, families: Sequence[str], gauges: str, liveness: Liveness, archive: Archive
    ) -> None:
        self.reader = Reader(directory)
        self._prefixes = tuple(families)
        self._gauges = gauges
        self._liveness = liveness
        self._archive = archive
        self._plan: Optional[Plan] = None

    def scrape(self) -> Exposition:
        """The numbers of now."""
        plan = self._current_plan(self._state())
        return Exposition(plan.families, [(block.lines, block.now()) for block in plan.blocks])

    def status(self) -> Dict[str, Any]:
        """What the last scrape saw, for people: JSON types only."""
        return {
            "families": [_described(family) for family in self._plan.families] if self._plan else [],
            "left_out": dict(self._plan.left_out) if self._plan else {},
            "damaged": dict(self.reader.damaged),
        }

    def _state(self) -> State:
        self._liveness.refresh()
        alive = self._liveness.writer_alive
        files = self.reader.read(self._archive.folded)
        gauges = [file for file in files if file.name.type == "gauge" and alive(file.entry) is not False]
        layouts = [file.layout for file in files]
        return State(files, layouts, {file: absent(file) for file in gauges}, self._archive.sums)

    def _current_plan(self, state: State) -> Plan:
        if self._plan is None or not self._plan.state.same(state):
            self._plan = Plan(state, self._prefixes, self._gauges)
        return self._plan


def _described(family: Family) -> Dict[str, Any]:
    finite = [bound for bound in family.bounds if math.isfinite(bound)]
    return {"name": family.name, "type": family.type, "help": family.help, "bounds": finite}
