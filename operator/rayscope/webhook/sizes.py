"""How large a cluster may get by an injection: one that the API server would refuse for its size is worse than none.

Pure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from rayscope.model.manifest import Manifest, mapping

LARGEST_OBJECT = 1_400_000
"""Bytes of a cluster and its patch. etcd refuses requests above 1.5 MiB; between the two is room for managedFields."""
LARGEST_ANNOTATIONS = 256 << 10
"""Bytes of all annotations of an object, keys and values (apimachinery: TotalAnnotationSizeLimitB)."""


def too_large(cluster: Manifest, patch: Sequence[Manifest], most: int) -> bool:
    """Whether the API server might refuse `cluster` for what `patch` adds. `most`: a bound of the cluster's bytes."""
    if not patch:
        return False
    added = _bytes(patch)
    record = sum(_bytes(operation) for operation in patch if operation["path"].startswith("/metadata"))
    if _annotations(cluster) + record > LARGEST_ANNOTATIONS:
        return True
    return most + added > LARGEST_OBJECT and _bytes(cluster) + added > LARGEST_OBJECT


def _annotations(cluster: Manifest) -> int:
    given = mapping(cluster, "metadata", "annotations")
    return sum(len(key.encode()) + len(str(value).encode()) for key, value in given.items())


def _bytes(value: Manifest | Sequence[Manifest]) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
