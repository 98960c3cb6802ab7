"""A notice as an Event: named by what it says, so that it is said once."""

from __future__ import annotations

from datetime import UTC, datetime

from rayscope.control.events import event, event_name
from rayscope.control.notices import Notice
from tests.unit.control.objects import KEY, OWNER, service

NOTICE = Notice("Warning", "RestartRequired", "Roll out anew.")


def test_the_same_notice_has_the_same_name_in_every_process() -> None:
    assert event_name(service(), NOTICE) == "chat.8e58fcd767a91dc7"


def test_another_word_is_another_event() -> None:
    assert event_name(service(), NOTICE) != event_name(service(), Notice("Warning", "RestartRequired", "Roll out."))


def test_another_service_of_the_same_name_is_told_anew() -> None:
    assert event_name(service(), NOTICE) != event_name(service(uid="another"), NOTICE)


def test_an_event_is_about_the_service() -> None:
    made = event(service(), "name", NOTICE, "me", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    involved = made["involvedObject"]
    assert (involved["kind"], involved["namespace"], involved["name"]) == ("RayService", KEY.namespace, KEY.name)
    assert involved["uid"] == OWNER
    assert made["metadata"]["namespace"] == KEY.namespace
    assert made["firstTimestamp"] == "2026-01-02T03:04:05Z"
