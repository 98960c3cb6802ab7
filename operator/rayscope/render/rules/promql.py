"""Expressions of PromQL, put together: how a series is selected, rated per pod, and taken from the first source.

A selector without `rayservice` cannot be made here: what other people's monitors scrape must count nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rayscope.render.endpoints import CLUSTER_TARGET_LABEL, SERVICE_TARGET_LABEL

ANY_SERVICE = f'{SERVICE_TARGET_LABEL}!=""'
SERVICE_LABELS = ("namespace", SERVICE_TARGET_LABEL)
CLUSTER_LABELS = (*SERVICE_LABELS, CLUSTER_TARGET_LABEL)
WINDOW = "5m"
"""Of every recorded rate: at least four scrapes at Prometheus' usual intervals, so that one lost costs nothing."""


def selected(series: str, *matchers: str, service: str = ANY_SERVICE) -> str:
    """The series of a service, by default of any."""
    return f"{series}{{{','.join([service, *matchers])}}}"


def rate(series: str, *matchers: str) -> str:
    """Per second, for each pod by itself: a sum would take a pod that goes for a counter that was reset."""
    return f"rate({selected(series, *matchers)}[{WINDOW}])"


def over(how: str, by: Sequence[str], expression: str) -> str:
    return f"{how} by ({', '.join(by)}) ({expression})"


def first_of(alternatives: Iterable[str], on: Sequence[str]) -> str:
    """The first alternative that there is for the same labels `on`, and never two of them together."""
    return f"\nor on ({', '.join(on)})\n".join(alternatives)


def matches_edge(edge: float) -> str:
    """A matcher for a bucket by its edge, which is `1.0` to Prometheus 3, and may be `1` to older ones."""
    text = f"{edge:.15g}".replace(".", "[.]")
    return f'le=~"{text}"' if "[.]" in text else f'le=~"{text}([.]0)?"'
