"""Rules: what the owner of a service wants to be told of, and which latency he has promised to its users.

A threshold must be an edge of the histogram that the service exports: between two edges nobody knows how many requests
were faster. Edges differ by version and configuration of vLLM, so they are read off the service and never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from rayscope.model.schema import Spec, rules

SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60)}
THRESHOLD = r"^[0-9]+(\.[0-9]+)?(ms|s|m)$"


class Indicator(StrEnum):
    """What an objective is about; named as the field of `spec.rules.slo`."""

    TIME_TO_FIRST_TOKEN = "timeToFirstToken"  # noqa: S105 - no secret
    INTER_TOKEN = "interToken"  # noqa: S105 - no secret
    END_TO_END = "endToEnd"


Edges = Mapping[Indicator, frozenset[float]]
"""Finite bucket edges in seconds, of what is known."""

Threshold = Annotated[
    str,
    Field(
        pattern=THRESHOLD,
        max_length=16,
        json_schema_extra=rules(
            (
                "duration(self) >= duration('1ms') && duration(self) <= duration('2h')",
                "a threshold lies between 1ms and 2h",
            )
        ),
    ),
]


class Objective(Spec):
    """A promise: so many of the events are no slower than the threshold."""

    threshold: Threshold
    """How slow a good one may be: `500ms`, `2.5s`. It is an edge of the histogram's buckets: status.edges has them."""
    objective: float = Field(default=99, ge=90, le=99.99)
    """Percent of the events that are to be good, over 30 days."""

    @property
    def seconds(self) -> float:
        """The threshold; exact, as it is compared with edges."""
        number = self.threshold.rstrip("ms")
        return float(Decimal(number) * SECONDS[self.threshold.removeprefix(number)])

    @property
    def ratio(self) -> Decimal:
        """Of all events, those that are to be good: 0.99."""
        return Decimal(str(self.objective)) / 100


class SLOs(Spec):
    """Service level objectives: each is recorded, and alerted on by how fast its error budget burns."""

    time_to_first_token: Objective | None = None
    """From a request's arrival to its first token; of all requests."""
    inter_token: Objective | None = None
    """From one token to the next; of all tokens but the first of each request."""
    end_to_end: Objective | None = None
    """From a request's arrival to its last token; of all requests."""
    minimum_events: int = Field(default=20, ge=1, le=1_000_000)
    """Events that the longer window of an alert must have seen: one slow request at night wakes nobody."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.timeToFirstToken) || has(self.interToken) || has(self.endToEnd)",
                "slo needs an objective: timeToFirstToken, interToken or endToEnd",
            )
        )
    )

    def __iter__(self) -> Iterator[tuple[Indicator, Objective]]:  # type: ignore[override] # pydantic's gives fields
        """The objectives that there are."""
        given = (self.time_to_first_token, self.inter_token, self.end_to_end)
        yield from ((indicator, objective) for indicator, objective in zip(Indicator, given, strict=True) if objective)


class Rules(Spec):
    """What a Prometheus evaluates for the service."""

    enabled: bool = True
    """Whether there is a PrometheusRule with the service's alerts, and its SLOs."""
    slo: SLOs | None = None
    """What has been promised to the service's users."""


def valid(slos: SLOs | None, edges: Edges) -> Iterator[tuple[Indicator, Objective]]:
    """The objectives that can be measured: their threshold is an edge."""
    yield from ((each, objective) for each, objective in slos or () if objective.seconds in edges.get(each, ()))


def common(several: Iterable[Edges]) -> Edges:
    """The edges that all have, who have the histogram at all: only at those can their counts be added up."""
    found: dict[Indicator, frozenset[float]] = {}
    for edges in several:
        for indicator, own in edges.items():
            found[indicator] = found.get(indicator, own) & own
    return found
