"""A rollout that would change nothing is not worth a second fleet."""

import pytest

from rayscope.rollout.gain import pointless
from tests.unit.inject.clusters import PAYLOAD, cluster, group, injected, pod
from tests.unit.rollout.services import NEW, ray_cluster, service

KEY = service().key
PLAIN = ray_cluster()
INJECTED = injected(PLAIN)


def reason(*arguments: object) -> str | None:
    told = pointless(KEY, *arguments)  # type: ignore[arg-type]
    return told.reason if told else None


def test_a_cluster_without_rayscope_gains_one_with_it() -> None:
    assert reason(PLAIN, injected(ray_cluster(NEW))) is None


def test_other_settings_are_a_gain() -> None:
    assert reason(INJECTED, injected(ray_cluster(NEW), PAYLOAD.model_copy(update={"port": 9999}))) is None


def test_the_same_settings_are_none() -> None:
    assert reason(INJECTED, injected(ray_cluster(NEW))) == "UpToDate"


@pytest.mark.parametrize("present", [PLAIN, INJECTED], ids=["plain", "injected"])
def test_a_webhook_that_is_not_reached_would_make_it_worse(present: object) -> None:
    assert reason(present, ray_cluster(NEW)) == "WebhookNotReached"


def test_conflicts_in_every_group_leave_nothing_to_inject() -> None:
    hostly = group(pod(hostNetwork=True))
    told = pointless(KEY, PLAIN, cluster(hostly, workers=hostly))
    assert told is not None
    assert told.reason == "NothingToInject"
    assert "HostNetwork" in told.message


def test_where_it_cannot_be_tried_only_a_plain_cluster_is_replaced() -> None:
    assert reason(PLAIN, None) is None
    assert reason(INJECTED, None) == "AlreadyInjected"
