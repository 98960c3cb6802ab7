"""JSON as some program has written it, to be written again in the same way; nothing else in it is a user's.

Only where the same way is known: where writing the unchanged document gives the same text, to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

Writer = Callable[[Any], str]


def is_json(text: str) -> bool:
    """Whether a text is one JSON document; most YAML is not, and what is both is JSON."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def writer(text: str) -> Writer | None:
    """What writes documents as `text` is written; None where it was written by hand, or in a way of its own."""
    document, end = json.loads(text), text[len(text.rstrip()) :]
    for write in _writers():
        if write(document) == text.rstrip():
            return lambda changed: write(changed) + end
    return None


def _writers() -> Iterator[Writer]:
    for plain in (False, True):
        for indent in (2, 4, "\t", None):
            yield partial(json.dumps, ensure_ascii=plain, indent=indent)
        yield partial(json.dumps, ensure_ascii=plain, separators=(",", ":"))
