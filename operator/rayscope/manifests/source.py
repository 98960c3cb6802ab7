"""A YAML text, and where in it everything stands: what is edited is the text, so that what a user wrote stays.

Positions are indexes of characters. Nothing here changes anything.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import yaml

_KEEP = re.compile(r"[|>]\d?\+")
_MERGE = "tag:yaml.org,2002:merge"
_TEXT_IN_KUBERNETES = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")


class Alias(yaml.Node):
    """`*name`, where it stands; its `value` is the node that it names."""


class _Nodes(yaml.SafeLoader):
    """Keeps aliases apart from what they name, which stands elsewhere."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)
        event = self.get_event()  # type: ignore[no-untyped-call]
        if event.anchor not in self.anchors:
            raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", event.start_mark)
        return Alias("alias", self.anchors[event.anchor], event.start_mark, event.end_mark)


class _Objects(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # libyaml's, where it is built in
    """Plain data; dates stay text, as in Kubernetes."""


_Objects.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TEXT_IN_KUBERNETES]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(text: str) -> list[Any]:
    """The documents of a stream as plain data; yaml.YAMLError where it is none."""
    return list(yaml.load_all(text, Loader=_Objects))


def nodes(node: yaml.Node) -> Iterator[yaml.Node]:
    """A node and all below it, in the order of the text; aliases are not followed."""
    yield node
    children = [child for pair in node.value for child in pair] if isinstance(node, yaml.MappingNode) else node.value
    for child in children if isinstance(node, yaml.CollectionNode) else ():
        yield from nodes(child)


def entry(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of `key` in a mapping, its own or merged into it (`<<`); None where it has none."""
    if not isinstance(node, yaml.MappingNode):
        return None
    merged: list[yaml.Node] = []
    for name, value in reversed(node.value):
        if isinstance(name, yaml.ScalarNode) and name.value == key and name.tag != _MERGE:
            return name, value
        if name.tag == _MERGE:
            merged += resolved(value).value if isinstance(resolved(value), yaml.SequenceNode) else [value]
    return next((found for source in merged if (found := entry(resolved(source), key))), None)


def resolved(node: yaml.Node) -> yaml.Node:
    """The node that an alias names; any other node itself."""
    return resolved(node.value) if isinstance(node, Alias) else node


class Source:
    """A stream of YAML documents."""

    def __init__(self, text: str) -> None:
        """yaml.YAMLError where `text` is no YAML."""
        self.text = text
        self.roots = list(yaml.compose_all(text, Loader=_Nodes))

    def column(self, index: int) -> int:
        return index - (self.text.rfind("\n", 0, index) + 1)

    def line(self, index: int) -> int:
        """The number of its line, from 1."""
        return self.text.count("\n", 0, index) + 1

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def newline(self, index: int) -> str:
        """The line break that the text before `index` uses."""
        last = self.text.rfind("\n", 0, index)
        return "\r\n" if last > 0 and self.text[last - 1] == "\r" else "\n"

    def dash(self, item: yaml.Node) -> int:
        """Where the dash of a block sequence's item is."""
        return self._dashes[bisect_left(self._dashes, item.start_mark.index) - 1]

    def line_after(self, node: yaml.Node) -> int:
        """Where the line begins that follows a node's own last one; comments and blank lines after it do not belong.

        The length of the text, where no line follows.
        """
        starts, ends = self._tokens
        if isinstance(node, yaml.CollectionNode):
            last = ends[bisect_left(starts, node.end_mark.index) - 1]
        else:
            last = ends[bisect_right(starts, node.start_mark.index) - 1]
        if last and self.text[last - 1] == "\n":
            return last
        return self.text.find("\n", last) + 1 or len(self.text)

    @cached_property
    def _dashes(self) -> list[int]:
        return [token.start_mark.index for token in self._scanned if isinstance(token, yaml.BlockEntryToken)]

    @cached_property
    def _tokens(self) -> tuple[list[int], list[int]]:
        """Where everything that can be seen begins and ends."""
        visible = [token for token in self._scanned if token.end_mark.index > token.start_mark.index]
        return [token.start_mark.index for token in visible], list(map(self._end, visible))

    @cached_property
    def _scanned(self) -> list[yaml.Token]:
        return list(yaml.scan(self.text, Loader=yaml.SafeLoader))

    def _end(self, token: yaml.Token) -> int:
        """A block scalar ends before the blank lines that follow it, unless it says that they are its own (`|+`)."""
        start: int = token.start_mark.index
        end: int = token.end_mark.index
        is_block = isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}
        if is_block and not _KEEP.match(self.text, start):
            while re.search(r"\n\r?\n\Z", self.text[max(start, end - 3) : end]):
                end = self.text.rfind("\n", start, end - 1) + 1
        return end
