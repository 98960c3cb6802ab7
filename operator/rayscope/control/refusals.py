"""What the API server refuses for good keeps nothing else from being there: it is noted, to be told at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rayscope.control.children import Ref
from rayscope.kube.errors import ApiError, Terminating

FINAL = frozenset({400, 403, 422})
"""Not as it is, or not to us: the same request would be answered alike."""

Refusals = dict[Ref, ApiError]


@contextmanager
def noted(refusals: Refusals, ref: Ref) -> Iterator[None]:
    """Note what is refused; whatever else is raised goes through."""
    try:
        yield
    except Terminating:
        raise
    except ApiError as failure:
        if failure.status not in FINAL:
            raise
        refusals[ref] = failure
