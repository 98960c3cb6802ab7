"""Kubernetes objects as plain data, and the two or three ways to look into them.

A manifest is what the API server speaks: JSON objects. Fields may be absent or null, and both mean "not given".
"""

from collections.abc import Mapping, Sequence
from typing import Any

Manifest = Mapping[str, Any]


def mapping(parent: Manifest | None, *path: str) -> Manifest:
    """The object at `path`; an empty one where it, or a parent of it, is absent or null."""
    for key in path:
        parent = (parent or {}).get(key)
    return parent or {}


def sequence(parent: Manifest | None, *path: str) -> Sequence[Any]:
    """The list at `path`; an empty one where it, or a parent of it, is absent or null."""
    *parents, last = path
    return mapping(parent, *parents).get(last) or ()


def labels(manifest: Manifest) -> Manifest:
    return mapping(manifest, "metadata", "labels")


def annotations(manifest: Manifest) -> Manifest:
    return mapping(manifest, "metadata", "annotations")
