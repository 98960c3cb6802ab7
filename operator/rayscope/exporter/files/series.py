"""What one key of a writer's file says: family, sample, labels, help.

prometheus_client writes it as JSON (`mmap_dict.mmap_key`). Whatever is not exactly that is refused here, so that no
other module has to doubt a key. Must never guess: a key that is half right belongs to a damaged file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Optional, Tuple

Labels = Tuple[Tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One time series of one process, named as the writer named it."""

    key: bytes
    """The bytes in the file; equal keys share one object, so that sixty-four processes cost one."""
    family: str
    sample: str
    """Family and suffix; counters end in `_total` here only, histograms in `_bucket` or `_sum`."""
    labels: Labels
    help: str
    bound: Optional[float]
    """A histogram bucket's upper bound, which `labels` then has as `le`."""


@lru_cache(maxsize=16384)
def decode(key: bytes) -> Series:
    """`["family", "sample", {"label": "value"}, "help"]` as a Series; ValueError for anything else."""
    parts = json.loads(key)
    if not _is_key(parts):
        raise ValueError("not a key of prometheus_client 0.18 or later")
    family, sample, labels, text = parts
    bound = float(labels["le"]) if sample == f"{family}_bucket" else None
    # The same few words come again in thousands of keys.
    pairs = tuple((intern(name), intern(value)) for name, value in labels.items())
    return Series(key, intern(family), intern(sample), pairs, intern(text), bound)


def _is_key(parts: object) -> bool:
    if not (isinstance(parts, list) and len(parts) == 4):
        return False
    family, sample, labels, text = parts
    return (
        isinstance(labels, dict)
        and all(isinstance(part, str) for part in (family, sample, text, *labels.values()))
        and family != ""
        and sample.startswith(family)
        and (sample != f"{family}_bucket" or "le" in labels)
    )
