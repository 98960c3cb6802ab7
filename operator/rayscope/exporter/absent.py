"""Which values of a gauge file are not shown: those that were never set, and all but the newest of an endless list.

prometheus_client makes a mostrecent gauge's entry before it is first set, with the time 0: it has no value yet. And a
label set, once made, is never taken away, so that an info gauge with ever new labels grows until the process ends.
"""

from __future__ import annotations

from typing import FrozenSet, Iterable, Iterator, Sequence, Tuple
from weakref import WeakKeyDictionary

from rayscope.exporter.layout import Layout
from rayscope.exporter.reader import WriterFile
from rayscope.exporter.series import decode

NEWEST = 100
"""Of a family `*_info` a process may show so many label sets, the newest: vLLM's `lora_requests_info` makes one for
every combination of adapters that ever ran, and its value is the time at which it last did."""

_crowds: WeakKeyDictionary[Layout, Tuple[Tuple[int, ...], ...]] = WeakKeyDictionary()


def absent(file: WriterFile) -> FrozenSet[int]:
    """The places in the file whose values are not to be shown."""
    unset = _unset(file.times) if file.times and not min(file.times) > 0 else ()
    return frozenset([*unset, *_outdated(file)])


def _unset(times: Sequence[float]) -> Iterable[int]:
    return [at for at, time in enumerate(times) if not time > 0]


def _outdated(file: WriterFile) -> Iterator[int]:
    for crowd in _crowded(file.layout) if file.layout else ():
        ages = file.times or file.values
        yield from sorted(crowd, key=lambda at: (ages[at], at))[:-NEWEST]


def _crowded(layout: Layout) -> Tuple[Tuple[int, ...], ...]:
    """The places of each info family that has more than NEWEST of them."""
    if layout not in _crowds:
        _crowds[layout] = tuple(places for places in _info_families(layout) if len(places) > NEWEST)
    return _crowds[layout]


def _info_families(layout: Layout) -> Iterable[Tuple[int, ...]]:
    families: dict[str, list[int]] = {}
    for at, key in enumerate(layout.keys):
        family = decode(key).family
        if family.endswith("_info"):
            families.setdefault(family, []).append(at)
    return [tuple(places) for places in families.values()]
