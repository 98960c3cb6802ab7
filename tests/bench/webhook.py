"""What a review costs, as a multiple of the least that anybody could do: `json.loads` of the same body.

Reviews of a large cluster, CREATE and UPDATE in turn, from the bytes of the request to the bytes of the answer.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any

import jsonpatch

from rayscope.inject import inject
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.review import Reviewer

ROUNDS = 15
REVIEWS = 4
"""Of each kind in a round."""
GROUPS, VARIABLES = 20, 540
"""Node groups, and environment variables in each: about a megabyte."""
DEFAULTS = Payload(exporter="0123456789")


def lines() -> Iterator[dict[str, Any]]:
    """One line: the median over rounds of CPU time in reviews over CPU time in `json.loads`."""
    created, updated = _bodies()
    rounds = [(_round(created), _round(updated)) for _ in range(ROUNDS)]
    reviewing = [create[0] + update[0] for create, update in rounds]
    loading = [create[1] + update[1] for create, update in rounds]
    yield {
        "bench": "webhook",
        "object_mb": round(len(json.dumps(json.loads(created)["request"]["object"])) / 1e6, 2),
        "ratio": _median_ratio(reviewing, loading),
        "create_ratio": _median_ratio(*zip(*(create for create, _ in rounds), strict=True)),
        "update_ratio": _median_ratio(*zip(*(update for _, update in rounds), strict=True)),
        "review_ms": round(statistics.median(reviewing) / (2 * REVIEWS) * 1e3, 2),
    }


def _median_ratio(costs: Iterable[float], references: Iterable[float]) -> float:
    ratios = [cost / reference for cost, reference in zip(costs, references, strict=True)]
    return round(statistics.median(ratios), 2)


def _round(body: bytes) -> tuple[float, float]:
    """CPU seconds of REVIEWS reviews of `body`, and of as many times `json.loads` of it."""

    async def review() -> float:
        reviewer = Reviewer(_defaults, DEFAULTS)
        began = time.process_time()
        for _ in range(REVIEWS):
            await reviewer.review(body)
        return time.process_time() - began

    reviewing = asyncio.run(review())
    began = time.process_time()
    for _ in range(REVIEWS):
        json.loads(body)
    return reviewing, time.process_time() - began


async def _defaults(_: Key) -> Payload:
    return DEFAULTS


def _bodies() -> tuple[bytes, bytes]:
    """A CREATE; and an UPDATE as KubeRay makes one in place: the whole spec anew, without what we had injected."""
    cluster = _cluster()
    injected = jsonpatch.apply_patch(cluster, list(inject(cluster, DEFAULTS).patch))
    return _body("CREATE", cluster, None), _body("UPDATE", cluster, injected)


def _body(operation: str, new: Any, old: Any) -> bytes:
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "ray.io", "version": "v1", "kind": "RayCluster"},
        "resource": {"group": "ray.io", "version": "v1", "resource": "rayclusters"},
        "operation": operation,
        "namespace": "ml",
        "object": new,
        "oldObject": old,
    }
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def _cluster() -> dict[str, Any]:
    labels = {
        "rayscope.dev/monitor": "vllm",
        "ray.io/originated-from-crd": "RayService",
        "ray.io/originated-from-cr-name": "llm",
    }
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {"name": "llm-x7k2p", "namespace": "ml", "labels": labels},
        "spec": {
            "headGroupSpec": {"rayStartParams": {}, "template": _template()},
            "workerGroupSpecs": [
                {"groupName": f"gpu-{number}", "replicas": 2, "rayStartParams": {}, "template": _template()}
                for number in range(GROUPS - 1)
            ],
        },
    }


def _template() -> dict[str, Any]:
    variables = [
        {"name": f"SETTING_OF_THE_ENGINE_{number}", "value": f"some value or other, of usual length, {number}"}
        for number in range(VARIABLES)
    ]
    return {"spec": {"containers": [{"name": "ray", "image": "rayproject/ray-llm:2.52.0", "env": variables}]}}
