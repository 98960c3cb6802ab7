"""Sums of floats without any rounding, as non-overlapping partials (Shewchuk 1997): what math.fsum works with inside.

Prometheus takes a sum that falls by one ulp for a restart and counts the whole of it again, and any other order of
additions may do that. Partials of the dead and values of the living go through one math.fsum: one rounding, no order.
"""

from __future__ import annotations

import math

Partials = tuple[float, ...]
"""Of increasing magnitude; their exact sum is the value."""


def add(partials: Partials, value: float) -> Partials:
    """The partials of the exact sum. Infinities, NaN and sums beyond the range are what IEEE 754 makes of them."""
    grown = []
    high = value
    for partial in partials:
        large, small = (high, partial) if abs(high) >= abs(partial) else (partial, high)
        high = large + small
        low = small - (high - large)
        if low:
            grown.append(low)
    if math.isfinite(high):
        return (*grown, high)
    return (sum(partials) + value,)
