"""How the files at hand become an answer: which families, which lines, which values go into which line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Union

from rayscope.exporter.archive.archive import ADDITIVE, Key
from rayscope.exporter.archive.partials import Partials
from rayscope.exporter.files.layout import Layout
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.series import Series, decode
from rayscope.exporter.numbers.catalog import catalog
from rayscope.exporter.numbers.format import Family
from rayscope.exporter.numbers.gauges import Gauges, merged, per_process
from rayscope.exporter.numbers.sums import Sums, sums

Archived = Mapping[Key, Partials]
Block = Union[Sums, Gauges]


@dataclass(frozen=True, eq=False)
class State:
    """All that a plan depends on."""

    files: Sequence[WriterFile]
    layouts: Sequence[Optional[Layout]]
    absent: Mapping[WriterFile, FrozenSet[int]]
    """The living gauge files, and the places in each that are not to be shown."""
    archived: Archived

    def same(self, other: State) -> bool:
        """Whether nothing but values has changed between the two."""
        return (
            self.archived is other.archived
            and self.files == other.files
            and self.layouts == other.layouts
            and self.absent == other.absent
        )


class Plan:
    """What to show of `state`, and where from: `blocks`, each of which knows its lines and its numbers of now."""

    def __init__(self, state: State, prefixes: Sequence[str], gauges: str) -> None:
        self.state = state
        series = _series(state)
        found = catalog(series, prefixes)
        self.families = list(found.families.values())
        self.left_out = found.left_out
        shown = (merged if gauges == "merged" else per_process)(found.of("gauge"), state.absent)
        self.blocks: List[Block] = [_sums(kind, found.of(kind), series[kind], state) for kind in ADDITIVE]
        self.blocks.append(shown)


def _sums(kind: str, families: Mapping[str, Family], series: Iterable[Series], state: State) -> Sums:
    files = [file for file in state.files if file.name.type == kind]
    archived = {key: partials for (of, key), partials in state.archived.items() if of == kind}
    return sums(kind, families, series, files, archived)


def _series(state: State) -> Dict[str, List[Series]]:
    """Everything that files of a type and the archive know, each once."""
    keys: Dict[str, Dict[bytes, None]] = {kind: {} for kind in (*ADDITIVE, "gauge")}
    shown = [file for file in state.files if file.name.type != "gauge" or file in state.absent]
    for kind, layout in {(file.name.type, file.layout) for file in shown}:
        keys[kind].update(dict.fromkeys(layout.keys if layout else ()))
    for kind, key in state.archived:
        keys[kind][key] = None
    return {kind: [decode(key) for key in found] for kind, found in keys.items()}
