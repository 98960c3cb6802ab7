"""Paths inside a container, compared as the kernel will see them: two mounts that overlap hide files of each other."""

from __future__ import annotations

import posixpath


def overlap(one: str, other: str) -> bool:
    """Whether one path is the other, or lies inside it."""
    return any(_within(a, b) or _within(b, a) for a in _spellings(one) for b in _spellings(other))


def same(one: str, other: str) -> bool:
    return not _spellings(one).isdisjoint(_spellings(other))


def _spellings(path: str) -> set[str]:
    """The path without detours, and where `/var/run` leads to: a link to `/run` in nearly every image (FHS 3.0 §5.13).

    Both, because a volume on `/var` hides the link, and one on `/run` what it points to.
    """
    plain = posixpath.normpath("/" + path.lstrip("/"))
    return {plain, plain.removeprefix("/var")} if _within(plain, "/var/run") else {plain}


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")
