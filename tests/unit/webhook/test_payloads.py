"""What a VLLMMonitor asks for, as the webhook understands it."""

from __future__ import annotations

from rayscope.model.payload import Payload
from rayscope.webhook.payloads import asked_for

EXPORTER = "0123456789"


def test_nothing_asked_for_is_the_defaults() -> None:
    assert asked_for({}, EXPORTER) == Payload(exporter=EXPORTER)


def test_an_owner_who_wants_no_injection_gets_none() -> None:
    assert asked_for({"injection": {"enabled": False}}, EXPORTER) is None


def test_a_field_of_a_later_version_takes_no_other_fields_with_it() -> None:
    later = {"later": 1, "injection": {"later": 1, "exporter": {"port": 9999, "resources": {"later": 1}}}}
    assert asked_for(later, EXPORTER) == Payload(exporter=EXPORTER, port=9999)
    assert asked_for({"injection": {"enabled": False, "later": 1}}, EXPORTER) is None
