"""Which values of a gauge file are not shown: those that were never set, and all but the newest of an endless list.

prometheus_client makes a mostrecent gauge's entry before it is first set, with the time 0: it has no value yet. And a
label set, once made, is never taken away, so that an info gauge with ever new labels grows until the process ends.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterable, List, Sequence
from weakref import WeakKeyDictionary

from rayscope.exporter.files.layout import Layout
from rayscope.exporter.files.reader import WriterFile
from rayscope.exporter.files.series import decode

NEWEST = 100
"""Of a family `*_info` a process may show so many label sets, the newest: vLLM's `lora_requests_info` makes one for
every combination of adapters that ever ran, and its value is the time at which it last did."""

_crowds: WeakKeyDictionary[Layout, Sequence[Sequence[int]]] = WeakKeyDictionary()
_NONE: FrozenSet[int] = frozenset()


def absent(file: WriterFile) -> FrozenSet[int]:
    """The places in the file whose values are not to be shown."""
    crowds = _crowded(file.layout) if file.layout else ()
    if not crowds and min(file.times, default=1.0) > 0:
        return _NONE
    return frozenset([*_unset(file.times), *_outdated(crowds, file.times or file.values)])


def _unset(times: Sequence[float]) -> Iterable[int]:
    return [at for at, time in enumerate(times) if not time > 0]


def _outdated(crowds: Sequence[Sequence[int]], ages: Sequence[float]) -> Iterable[int]:
    """All but the newest of each crowd; of equal age, the last to be made is the newest."""
    for crowd in crowds:
        yield from sorted(crowd, key=lambda at: (ages[at], at))[:-NEWEST]


def _crowded(layout: Layout) -> Sequence[Sequence[int]]:
    """The places of each info family that has more than NEWEST of them."""
    crowds = _crowds.get(layout)
    if crowds is None:
        crowds = _crowds[layout] = [places for places in _info_families(layout) if len(places) > NEWEST]
    return crowds


def _info_families(layout: Layout) -> Iterable[Sequence[int]]:
    families: Dict[str, List[int]] = {}
    for at, key in enumerate(layout.keys):
        family = decode(key).family
        if family.endswith("_info"):
            families.setdefault(family, []).append(at)
    return families.values()
