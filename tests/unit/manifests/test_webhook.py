"""A service that was injected in git, on its way through the cluster: the webhook leaves its clusters alone."""

from __future__ import annotations

import copy
from typing import Any

from rayscope.inject import inspect, recorded_payload
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.review import Reviewer
from tests.unit.manifests.texts import PAYLOAD, SERVICE, as_kuberay_makes_it, injected, loaded
from tests.unit.webhook.reviews import admitted, encoded, response, review

LATER = Payload(exporter="fedcba9876", port=9999)


async def later(_: Key) -> Payload:
    """What a later version of Rayscope, differently configured, would inject."""
    return LATER


async def answer(new: Any, old: Any = None) -> dict[str, Any]:
    return response(await Reviewer(later, LATER).review(encoded(review(new, old))))


async def test_a_cluster_of_an_injected_service_is_left_alone() -> None:
    cluster = as_kuberay_makes_it(loaded(injected(SERVICE).text)[0])
    assert cluster["metadata"]["labels"]["rayscope.dev/monitor"] == "vllm"
    assert inspect(cluster).complete
    assert "patch" not in await answer(cluster)


async def test_an_edit_of_that_cluster_is_left_alone() -> None:
    cluster = as_kuberay_makes_it(loaded(injected(SERVICE).text)[0])
    edited = copy.deepcopy(cluster)
    edited["spec"]["workerGroupSpecs"][0]["replicas"] = 3
    assert "patch" not in await answer(edited, cluster)


async def test_a_group_that_git_has_without_injection_gets_the_payload_of_the_others() -> None:
    manifest = loaded(injected(SERVICE).text)[0]
    before = as_kuberay_makes_it(manifest)
    groups = manifest["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    groups.append({**loaded(SERVICE)[0]["spec"]["rayClusterConfig"]["workerGroupSpecs"][0], "groupName": "more"})
    after = as_kuberay_makes_it(manifest)
    sent = review(after, before)
    stored = admitted(sent, await Reviewer(later, LATER).review(encoded(sent)))
    assert inspect(stored).complete
    assert recorded_payload(stored) == PAYLOAD
