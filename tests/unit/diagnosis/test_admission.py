"""The caBundle, as far as it tells by itself."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from rayscope.diagnosis.admission import bundle_fault
from rayscope.diagnosis.preview import new_cluster
from rayscope.model.cluster import service_name
from rayscope.model.manifest import labels
from rayscope.render.webhook import url_client, webhook_configuration
from rayscope.webhook.certificates import LIFETIME, issue
from tests.unit.rollout.services import service

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def entry(bundle: bytes) -> dict[str, object]:
    return {"clientConfig": {"caBundle": b64encode(bundle).decode()}}


def test_a_bundle_that_is_valid_has_no_fault() -> None:
    _, authority = issue(["127.0.0.1"], NOW)
    assert bundle_fault(entry(authority), NOW) is None


@pytest.mark.parametrize(("bundle", "word"), [(b"", "empty"), (b"garbage", "no certificates")])
def test_a_bundle_without_certificates_is_a_fault(bundle: bytes, word: str) -> None:
    told = bundle_fault(entry(bundle), NOW)
    assert told is not None
    assert word in told


def test_a_bundle_of_expired_certificates_is_a_fault() -> None:
    _, authority = issue(["127.0.0.1"], NOW)
    told = bundle_fault(entry(authority), NOW + LIFETIME + timedelta(days=1))
    assert told is not None
    assert "expired" in told


def test_the_cluster_that_is_tried_is_one_that_the_webhook_is_asked_about() -> None:
    tried = new_cluster(service())
    [webhook] = webhook_configuration(url_client("127.0.0.1", 9443, b""))["webhooks"]
    assert webhook["objectSelector"]["matchLabels"].items() <= labels(tried).items()
    assert service_name(tried) == "llama"
