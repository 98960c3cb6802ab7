"""How certificates are renewed without a gap: announce, wait, use, forget.

A successor's authority is trusted (caBundle) before its certificate is served, and an authority is trusted until it
expires. Pure: one step from one state to the next, the time given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rayscope.webhook.certificates import Pair, expired, issue

SETTLE = timedelta(minutes=5)
"""From a successor's making to its use: every API server and every replica has seen the new bundle long before."""


@dataclass(frozen=True)
class Rotation:
    """What the replicas share: the pair that is served, its successor, and the authorities to trust for both."""

    current: Pair
    successor: Pair | None
    trusted: tuple[bytes, ...]
    """PEM certificates, oldest first; their concatenation is the caBundle."""

    @property
    def bundle(self) -> bytes:
        return b"".join(self.trusted)


def start(names: Sequence[str], now: datetime) -> Rotation:
    """The state where there was none: nothing else can be trusted yet, so the first pair is served at once."""
    pair, authority = issue(names, now)
    return Rotation(pair, None, (authority,))


def advance(rotation: Rotation, names: Sequence[str], now: datetime, *, announced: bool) -> Rotation:
    """The state to go on with; `rotation` itself where nothing is due.

    `announced`: the API server has the bundle of `rotation`.
    """
    current, successor = rotation.current, rotation.successor
    if (successor or current).expires <= now:
        return start(names, now)
    if not successor:
        return _succeeded(rotation, names, now) if now >= current.renewal else _forgotten(rotation, now)
    settled = announced and now >= successor.issued + SETTLE
    if settled or now >= current.expires:
        return _forgotten(replace(rotation, current=successor, successor=None), now)
    return rotation


def _succeeded(rotation: Rotation, names: Sequence[str], now: datetime) -> Rotation:
    pair, authority = issue(names, now)
    return replace(rotation, successor=pair, trusted=(*rotation.trusted, authority))


def _forgotten(rotation: Rotation, now: datetime) -> Rotation:
    kept = tuple(authority for authority in rotation.trusted if not expired(authority, now))
    return rotation if kept == rotation.trusted else replace(rotation, trusted=kept)
