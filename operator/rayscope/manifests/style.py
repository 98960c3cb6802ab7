"""How a document is indented, asked of the nearest example: files that people wrote mix their styles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import yaml

from rayscope.manifests.source import Source, nodes

Example = tuple[int, int]
"""Where it is, and how far it is indented."""


@dataclass(frozen=True)
class Indentation:
    """Columns from a key, or a dash, to what belongs to it."""

    mapping: int = 2
    """From a key to the keys below it."""
    sequence: int = 0
    """From a key to the dashes below it."""
    item: int = 2
    """From a dash to its content."""


class Style:
    """The indentation of one document."""

    def __init__(self, source: Source, root: yaml.Node) -> None:
        self._source = source
        self._root = root

    def near(self, index: int) -> Indentation:
        """As whoever wrote the text around `index` would indent."""
        usual = Indentation()
        return Indentation(
            mapping=_nearest(self._mappings, index, usual.mapping),
            sequence=_nearest(self._sequences, index, usual.sequence),
            item=_nearest(self._items, index, usual.item),
        )

    @cached_property
    def _blocks(self) -> list[yaml.Node]:
        return [node for node in nodes(self._root) if isinstance(node, yaml.CollectionNode) and not node.flow_style]

    def _pairs(self) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Keys, and the block collections below them."""
        for node in self._blocks:
            if isinstance(node, yaml.MappingNode):
                yield from (pair for pair in node.value if not getattr(pair[1], "flow_style", True))

    @cached_property
    def _mappings(self) -> list[Example]:
        return [
            (value.start_mark.index, value.value[0][0].start_mark.column - key.start_mark.column)
            for key, value in self._pairs()
            if isinstance(value, yaml.MappingNode)
        ]

    @cached_property
    def _sequences(self) -> list[Example]:
        return [
            (value.start_mark.index, self._source.column(self._source.dash(value.value[0])) - key.start_mark.column)
            for key, value in self._pairs()
            if isinstance(value, yaml.SequenceNode)
        ]

    @cached_property
    def _items(self) -> list[Example]:
        sequences = (node for node in self._blocks if isinstance(node, yaml.SequenceNode))
        items = (item for node in sequences for item in node.value if isinstance(item, yaml.MappingNode))
        dashes = ((item.start_mark.index, self._source.dash(item)) for item in items)
        return [(start, start - dash) for start, dash in dashes if self._source.line(start) == self._source.line(dash)]


def _nearest(examples: Iterable[Example], index: int, usual: int) -> int:
    return min(((abs(start - index), offset) for start, offset in examples), default=(0, usual))[1]
