"""RayClusters as they were when we looked last, as far as a visit could come to another result.

KubeRay writes a cluster's status all the time. Nothing of ours depends on it, and each visit spared is two requests.
"""

from __future__ import annotations

from rayscope.model.manifest import Manifest, mapping

VALUES = ("generation", "deletionTimestamp")
TABLES = ("labels", "annotations")


class Clusters:
    """A fingerprint of each, by uid; the metadata is enough for it."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def changed(self, cluster: Manifest) -> bool:
        """Take note of a cluster; whether it is new, or not as it was."""
        uid, now = cluster["metadata"]["uid"], _fingerprint(cluster)
        before, self._seen[uid] = self._seen.get(uid), now
        return before != now

    def gone(self, cluster: Manifest) -> bool:
        """Take note that a cluster is deleted, which is always a reason to look."""
        self._seen.pop(cluster["metadata"]["uid"], None)
        return True


def _fingerprint(cluster: Manifest) -> int:
    values = tuple(cluster["metadata"].get(field) for field in VALUES)
    tables = tuple(frozenset(mapping(cluster, "metadata", field).items()) for field in TABLES)
    return hash((values, tables))
