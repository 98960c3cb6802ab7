"""The one write: another value in the annotation by which KubeRay knows what a cluster was made of."""

from __future__ import annotations

from datetime import datetime

from rayscope.kube.api import Api
from rayscope.kube.kinds import RAY_CLUSTER
from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import RAY_HASH_ANNOTATION

MANAGER = "rayscope-rollout"
"""Not the operator's: it writes nothing there, ever."""


async def request(api: Api, cluster: Manifest, now: datetime, *, dry_run: bool = False) -> None:
    """Ask KubeRay for a new cluster in place of `cluster`, as it was read; ApiError 422 if it has changed meanwhile."""
    metadata = cluster["metadata"]
    await api.patch(
        RAY_CLUSTER, metadata["name"], metadata["namespace"], operations(cluster, now), manager=MANAGER, dry_run=dry_run
    )


def operations(cluster: Manifest, now: datetime) -> list[dict[str, str]]:
    """The JSON patch. KubeRay's other annotations stay: without them it would change the cluster in place."""
    place = f"/metadata/annotations/{RAY_HASH_ANNOTATION.replace('~', '~0').replace('/', '~1')}"
    return [
        {"op": "test", "path": "/metadata/uid", "value": cluster["metadata"]["uid"]},
        {"op": "test", "path": place, "value": mapping(cluster, "metadata", "annotations")[RAY_HASH_ANNOTATION]},
        {"op": "replace", "path": place, "value": f"rollout-{now:%Y%m%dT%H%M%SZ}"},
    ]
