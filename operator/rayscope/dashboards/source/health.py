"""Rayscope itself: whether what the other dashboards show can be believed."""

from __future__ import annotations

from rayscope.dashboards.source.exporters import exporters, scrapes
from rayscope.dashboards.source.frame import TAG, Board, board, choice
from rayscope.dashboards.source.operators import operators


def health() -> Board:
    """The dashboard."""
    namespaces = choice(
        "namespace",
        "Namespace",
        'label_values(up{rayservice!=""}, namespace)',
        "Where the services live whose exporters are shown.",
        several=True,
    )
    return board(
        TAG,
        "vLLM on Ray / Rayscope",
        "The exporters beside the engines, how they are scraped, and the operator.",
        [namespaces],
        [scrapes(), exporters(), operators()],
    )
