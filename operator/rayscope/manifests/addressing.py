"""From a JSON patch to edits of a text: where an operation's path leads to, and what to write or to cut there.

Whoever uses it must read the result again and compare: anchors, merges and duplicate keys are decided by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jsonpatch
import yaml

from rayscope.inject import Operation
from rayscope.inject.patch import END
from rayscope.manifests.edits import Edit, NotEditable, inserted_lines
from rayscope.manifests.source import Alias, Source, entry, nodes, resolved
from rayscope.manifests.style import Style
from rayscope.manifests.writing import entry_lines, flow, item_lines, mapping_lines, sequence_lines

Tokens = tuple[str, ...]


def tokens(path: str) -> Tokens:
    """The keys and indexes of a JSON pointer (RFC 6901)."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:])


def additions(operations: Iterable[Operation]) -> dict[Tokens, Any]:
    """`add` operations by the place that they create or extend, each with all that later ones add inside of it.

    Elements for the end of a list come together, as a list, under the path that ends with `-`.
    """
    merged: dict[Tokens, Any] = {}
    for operation in operations:
        path, value = tokens(operation["path"]), operation["value"]
        outer = next((path[:end] for end in range(1, len(path)) if path[:end] in merged), None)
        if outer is not None:
            inner = operation["path"].split("/", len(outer) + 1)[-1]
            merged[outer] = jsonpatch.apply_patch(merged[outer], [{**operation, "path": f"/{inner}"}])
        elif path[-1] == END:
            merged[path] = [*merged.get(path, []), value]
        else:
            merged[path] = value
    return merged


class Addressed:
    """One document of a source, addressed by paths."""

    def __init__(self, source: Source, root: yaml.Node) -> None:
        self._source = source
        self._root = root
        self._style = Style(source, root)

    def node(self, path: Tokens) -> yaml.Node:
        """What stands at `path`, which must exist."""
        node = resolved(self._root)
        for token in path:
            if isinstance(node, yaml.SequenceNode):
                node = resolved(node.value[int(token)])
            elif found := entry(node, token):
                node = resolved(found[1])
            else:
                raise KeyError("/".join(path))
        return node

    def adding(self, operations: Iterable[Operation]) -> Iterator[Edit]:
        """Edits that do what `add` operations say."""
        for (*parents, last), value in additions(operations).items():
            parent = self.node(tuple(parents))
            if not isinstance(parent, yaml.CollectionNode):
                raise self._refused(parent, "What is there is neither an object nor a list.")
            if parent.flow_style:
                yield self._inside(parent, value if last == END else {last: value})
            elif last == END:
                yield from (self._item(parent, item) for item in value)
            else:
                yield self._entry(parent, last, value)

    def _item(self, parent: yaml.Node, value: Any) -> Edit:  # noqa: ANN401 - JSON
        position = self._source.line_after(parent)
        column = self._source.column(self._source.dash(parent.value[0]))
        return inserted_lines(
            self._source, position, item_lines(value, column, self._style.near(position)), (-column, 0)
        )

    def _entry(self, parent: yaml.Node, key: str, value: Any) -> Edit:  # noqa: ANN401 - JSON
        if existing := entry(parent, key):
            return self._filled(*existing, value)
        position = self._source.line_after(parent)
        column = parent.value[0][0].start_mark.column
        lines = entry_lines(key, value, column, self._style.near(position))
        return inserted_lines(self._source, position, lines, (-column, 1))

    def _filled(self, key: yaml.Node, value: yaml.Node, content: Any) -> Edit:  # noqa: ANN401 - JSON
        """A key that is there: `env:` without a value gets one below, and our own record is written anew."""
        if isinstance(content, str):
            return Edit(value.start_mark.index, value.end_mark.index, flow(content))
        if isinstance(value, Alias) or value.end_mark.index > value.start_mark.index:
            raise self._refused(
                value, f"Null is said in words there; write `{key.value}:` without a value, or remove the line."
            )
        position, column = self._source.line_after(value), key.start_mark.column
        style = self._style.near(position)
        if isinstance(content, dict):
            column += style.mapping
            return inserted_lines(self._source, position, mapping_lines(content, column, style), (-column, 1))
        column += style.sequence
        return inserted_lines(self._source, position, sequence_lines(content, column, style), (-column, 0))

    def _inside(self, parent: yaml.Node, content: Any) -> Edit:  # noqa: ANN401 - JSON
        """Between the brackets of an empty `[]` or `{}`: the one case in which a line of the user's becomes longer."""
        if parent.value:
            raise self._refused(
                parent, "What is there is in brackets (flow style), where no line can be added; write it line by line."
            )
        start = self._inner(parent)
        return Edit(start, start, flow(content)[1:-1])

    def _inner(self, node: yaml.Node) -> int:
        """Where the content of a flow collection begins."""
        opening = "[" if isinstance(node, yaml.SequenceNode) else "{"
        return self._source.text.index(opening, node.start_mark.index) + 1

    def removing(self, operations: Iterable[Operation]) -> Iterator[Edit]:
        """Edits that do what `remove` operations say. `replace` is for a parent that had no value before: it has none
        once its content is removed."""
        for operation in operations:
            if operation["op"] == "remove":
                *parents, last = tokens(operation["path"])
                yield self._cut(self.node(tuple(parents)), last)

    def _cut(self, parent: yaml.Node, key: str) -> Edit:
        if getattr(parent, "flow_style", False):
            return Edit(self._inner(parent), max(node.end_mark.index for node in nodes(parent) if node is not parent))
        if isinstance(parent, yaml.SequenceNode):
            value = parent.value[int(key)]
            first = self._source.dash(value)
        else:
            found = entry(parent, key)
            if found is None:
                raise KeyError(key)
            first, value = found[0].start_mark.index, found[1]
        start = self._source.line_start(first)
        if self._source.text[start:first].strip():
            raise NotEditable(first, "It shares its line with something else; take it out by hand.")
        return Edit(start, self._source.line_after(value))

    def _refused(self, node: yaml.Node, message: str) -> NotEditable:
        return NotEditable(node.start_mark.index, message)
