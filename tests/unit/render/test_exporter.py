"""The exporter's ConfigMaps: immutable, and what goes in comes out."""

from __future__ import annotations

from base64 import b64decode

from rayscope.render.exporter import published_exporter, published_zipapps, service_exporter
from tests.unit.render.strategies import FORMER, OWN, service

ZIPAPP = bytes(range(256))


def test_a_services_exporter_is_immutable_and_holds_the_zipapp() -> None:
    config_map = service_exporter(service(), OWN, ZIPAPP)
    assert config_map["immutable"]
    assert b64decode(config_map["binaryData"]["exporter.pyz"]) == ZIPAPP


def test_what_one_version_publishes_a_later_one_reads() -> None:
    published = [published_exporter("rayscope", digest, ZIPAPP) for digest in (OWN, FORMER)]
    assert published_zipapps(published) == {OWN: ZIPAPP, FORMER: ZIPAPP}


def test_a_published_exporter_belongs_to_no_service() -> None:
    metadata = published_exporter("rayscope", OWN, ZIPAPP)["metadata"]
    assert metadata["namespace"] == "rayscope"
    assert "ownerReferences" not in metadata
    assert "rayscope.dev/service" not in metadata["labels"]


def test_a_services_copy_or_a_strangers_config_map_is_not_taken_for_a_published_one() -> None:
    copy = service_exporter(service("rayscope-exporter"), OWN, ZIPAPP)
    hollow = {**published_exporter("rayscope", OWN, ZIPAPP), "binaryData": None}
    strange = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "..."}}
    assert published_zipapps([copy, hollow, strange]) == {}
