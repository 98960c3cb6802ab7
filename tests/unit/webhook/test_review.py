"""From a review to what would be stored."""

import asyncio
import json
import logging
from typing import Any

import jsonpatch
import pytest
from prometheus_client import REGISTRY

from rayscope.inject import inject, recorded_payload
from rayscope.model.payload import Payload
from rayscope.model.service import Key
from rayscope.webhook.admission import Malformed
from rayscope.webhook.review import Reviewer
from tests.unit.webhook.reviews import (
    DEFAULTS,
    admitted,
    cluster,
    counted,
    defaults,
    encoded,
    injected,
    response,
    review,
)

OWN = Payload(exporter="abcdefabcd", port=9999)


async def answer(sent: Any, reviewer: Reviewer | None = None) -> bytes:
    return await (reviewer or Reviewer(defaults, DEFAULTS)).review(encoded(sent))


def is_whole(stored: dict[str, Any], payload: Payload) -> bool:
    return recorded_payload(stored) == payload and not inject(stored, payload).patch


async def test_a_new_cluster_is_stored_injected() -> None:
    before, sent = counted("CREATE", "injected"), review(cluster())
    stored = admitted(sent, await answer(sent))
    assert is_whole(stored, DEFAULTS)
    assert counted("CREATE", "injected") == before + 1


async def test_a_new_cluster_gets_the_settings_of_its_service() -> None:
    asked: list[Key] = []

    async def settings(service: Key) -> Payload:
        asked.append(service)
        return OWN

    sent = review(cluster(namespace=""))
    stored = admitted(sent, await answer(sent, Reviewer(settings, DEFAULTS)))
    assert asked == [Key("ml", "llm")]
    assert is_whole(stored, OWN)


async def test_a_new_cluster_gets_the_defaults_where_its_settings_fail(caplog: pytest.LogCaptureFixture) -> None:
    async def settings(_: Key) -> Payload:
        raise ConnectionError("no API server")

    before, sent = REGISTRY.get_sample_value("rayscope_webhook_payload_defaulted_total") or 0, review(cluster())
    stored = admitted(sent, await answer(sent, Reviewer(settings, DEFAULTS)))
    assert is_whole(stored, DEFAULTS)
    assert REGISTRY.get_sample_value("rayscope_webhook_payload_defaulted_total") == before + 1
    assert "ml/llm" in caplog.text
    assert "no API server" in caplog.text


async def test_a_new_cluster_does_not_wait_for_settings_that_do_not_come() -> None:
    async def settings(_: Key) -> Payload:
        await asyncio.Event().wait()
        return OWN

    sent = review(cluster())
    assert is_whole(admitted(sent, await answer(sent, Reviewer(settings, DEFAULTS))), DEFAULTS)


async def test_an_edit_that_replaces_the_whole_spec_is_stored_injected_as_before() -> None:
    sent = review(cluster(workers=3), injected(OWN))
    stored = admitted(sent, await answer(sent))
    assert is_whole(stored, OWN)
    assert stored["spec"]["workerGroupSpecs"][0] == injected(OWN)["spec"]["workerGroupSpecs"][0]


async def test_an_edit_of_an_injected_cluster_needs_no_patch() -> None:
    edited = injected(OWN)
    edited["spec"]["workerGroupSpecs"][0]["replicas"] = 5
    before = counted("UPDATE", "unchanged")
    assert "patch" not in response(await answer(review(edited, injected(OWN))))
    assert counted("UPDATE", "unchanged") == before + 1


async def test_a_second_review_of_a_new_cluster_changes_nothing() -> None:
    assert "patch" not in response(await answer(review(injected())))


async def test_a_cluster_injected_in_git_is_left_as_it_is() -> None:
    assert "patch" not in response(await answer(review(injected(OWN))))


async def test_a_cluster_made_without_injection_is_left_as_it_is() -> None:
    before = counted("UPDATE", "not_injected_before")
    given = response(await answer(review(cluster(workers=2), cluster())))
    assert given == {"uid": given["uid"], "allowed": True, "auditAnnotations": {"outcome": "not_injected_before"}}
    assert counted("UPDATE", "not_injected_before") == before + 1


async def test_a_dry_run_is_answered_alike() -> None:
    assert await answer(review(cluster(), dryRun=True)) == await answer(review(cluster()))


async def test_whoever_creates_a_cluster_is_told_which_groups_are_left_out_and_why() -> None:
    made = cluster(workers=2)
    container = made["spec"]["workerGroupSpecs"][1]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/mine"}]
    sent = review(made)
    given = response(told := await answer(sent))
    assert len(given["warnings"]) == 1
    assert "gpu-1" in given["warnings"][0]
    assert "EnvTaken" in given["warnings"][0]
    stored = admitted(sent, told)
    assert stored["spec"]["workerGroupSpecs"][1] == made["spec"]["workerGroupSpecs"][1]
    assert stored["spec"]["workerGroupSpecs"][0] != made["spec"]["workerGroupSpecs"][0]


async def test_an_edit_that_needs_no_patch_is_not_commented_again() -> None:
    made = cluster(workers=2)
    container = made["spec"]["workerGroupSpecs"][1]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "PROMETHEUS_MULTIPROC_DIR", "value": "/mine"}]
    stored = jsonpatch.apply_patch(made, list(inject(made, DEFAULTS).patch))
    assert "warnings" not in response(await answer(review(stored, stored)))


@pytest.mark.parametrize(
    "broken",
    [
        {**cluster(), "metadata": {"labels": ["rubbish"]}},
        {**cluster(), "spec": {"headGroupSpec": "rubbish"}},
        {**cluster(), "spec": {"headGroupSpec": {"template": {"spec": {"containers": ["rubbish"]}}}}},
    ],
)
async def test_a_mistake_of_ours_allows_the_cluster_and_is_logged_and_counted(
    broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("CREATE", "error")
    given = response(await answer(review(broken)))
    assert "patch" not in given
    assert counted("CREATE", "error") == before + 1
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info
    assert given["uid"] in record.getMessage()


async def test_what_is_no_review_is_counted() -> None:
    before = counted("", "malformed")
    with pytest.raises(Malformed):
        await answer({"kind": "AdmissionReview"})
    assert counted("", "malformed") == before + 1


async def test_every_review_is_timed() -> None:
    def timed() -> float:
        name = "rayscope_webhook_review_duration_seconds_count"
        return REGISTRY.get_sample_value(name, {"operation": "CREATE"}) or 0

    before = timed()
    await answer(review(cluster()))
    assert timed() == before + 1


async def test_a_new_cluster_whose_owner_wants_no_injection_is_allowed_as_it_is() -> None:
    async def settings(_: Key) -> None:
        return None

    before, sent = counted("CREATE", "disabled"), review(cluster())
    assert "patch" not in response(await answer(sent, Reviewer(settings, DEFAULTS)))
    assert counted("CREATE", "disabled") == before + 1


async def test_a_cluster_that_is_injected_stays_so_when_its_owner_wants_no_more_injection() -> None:
    async def settings(_: Key) -> None:
        return None

    old = injected()
    sent = review(cluster(), old)
    assert is_whole(admitted(sent, await answer(sent, Reviewer(settings, DEFAULTS))), DEFAULTS)


def of_size(size: int) -> dict[str, Any]:
    """A cluster of so many bytes, in an environment variable."""
    made = cluster()
    variable = {"name": "LARGE", "value": ""}
    made["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]["env"].append(variable)
    variable["value"] = "x" * (size - len(json.dumps(made, separators=(",", ":"))))
    return made


def annotated(size: int) -> dict[str, Any]:
    """A cluster with so many bytes of annotations: KubeRay copies what `kubectl apply` keeps on the RayService."""
    key = "kubectl.kubernetes.io/last-applied-configuration"
    return cluster(annotations={key: "x" * (size - len(key))})


@pytest.mark.parametrize("made", [of_size(1_399_000), annotated((256 << 10) - 300)], ids=["object", "annotations"])
async def test_a_cluster_that_would_become_too_large_is_left_and_its_creator_is_told(made: dict[str, Any]) -> None:
    before = counted("CREATE", "too_large")
    given = response(await answer(review(made)))
    assert "patch" not in given
    assert given["auditAnnotations"] == {"outcome": "too_large"}
    assert "too large" in given["warnings"][0]
    assert counted("CREATE", "too_large") == before + 1


@pytest.mark.parametrize("made", [of_size(1_390_000), annotated((256 << 10) - 3000)], ids=["object", "annotations"])
async def test_a_large_cluster_for_which_there_is_room_is_injected(made: dict[str, Any]) -> None:
    sent = review(made)
    assert is_whole(admitted(sent, await answer(sent)), DEFAULTS)


async def test_only_the_new_object_of_an_edit_counts_as_large() -> None:
    sent = review(of_size(1_000_000), injected())
    sent["request"]["oldObject"]["metadata"]["managedFields"] = [{"manager": "x" * 500_000}]
    assert is_whole(admitted(sent, await answer(sent)), DEFAULTS)


async def test_an_edit_that_leaves_no_room_for_the_injection_is_stored_without() -> None:
    assert "patch" not in response(await answer(review(of_size(1_399_000), injected())))
