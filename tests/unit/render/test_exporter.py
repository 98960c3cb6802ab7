"""The exporter's ConfigMaps: immutable, what goes in comes out, and which of them pods mount."""

from __future__ import annotations

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from rayscope.model.names import EXPORTER_VOLUME
from rayscope.render.exporter import exporter, mounted_exporters, zipapps
from tests.unit.render.strategies import FORMER, OWN, cluster, digests, injected, pod_spec

ZIPAPP = bytes(range(256))


def test_an_exporter_is_immutable_and_holds_the_zipapp() -> None:
    config_map = exporter("team", OWN, ZIPAPP)
    assert config_map["immutable"]
    assert b64decode(config_map["binaryData"]["exporter.pyz"]) == ZIPAPP


def test_an_exporter_belongs_to_no_service() -> None:
    metadata = exporter("team", OWN, ZIPAPP)["metadata"]
    assert metadata["namespace"] == "team"
    assert "ownerReferences" not in metadata
    assert "rayscope.dev/service" not in metadata["labels"]


def test_what_one_version_makes_a_later_one_reads() -> None:
    published = [exporter("rayscope", digest, ZIPAPP) for digest in (OWN, FORMER)]
    assert zipapps(published) == {OWN: ZIPAPP, FORMER: ZIPAPP}


def test_a_strangers_config_map_is_not_taken_for_an_exporter() -> None:
    hollow = {**exporter("rayscope", OWN, ZIPAPP), "binaryData": None}
    strange = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "..."}}
    longer = exporter("rayscope", f"{OWN}0", ZIPAPP)
    assert zipapps([hollow, strange, longer]) == {}


@given(digests)
def test_what_an_injection_mounts_is_the_exporter_that_is_made(digest: str) -> None:
    assert mounted_exporters([injected("llm-a", digest=digest)]) == {digest}


@given(st.lists(st.none() | digests, max_size=4))
def test_everything_that_clusters_mount_is_found(mounted: list[str | None]) -> None:
    clusters = [cluster(f"llm-{number}", digest=digest) for number, digest in enumerate(mounted)]
    assert mounted_exporters(clusters) == {*filter(None, mounted)}


def test_a_pod_that_outlived_its_template_mounts_its_exporter() -> None:
    pod = {"metadata": {"name": "llm-a-head"}, "spec": pod_spec(f"rayscope-exporter-{FORMER}")}
    assert mounted_exporters([cluster("llm-a")], [pod]) == {FORMER}


def test_other_config_maps_in_a_template_are_none_of_our_business() -> None:
    volumes = [
        {"name": EXPORTER_VOLUME},
        {"name": EXPORTER_VOLUME, "configMap": {"name": "rayscope-exporter-notes"}},
        {"name": "scripts", "configMap": {"name": f"rayscope-exporter-{FORMER}"}},
    ]
    assert mounted_exporters([], [{"spec": {"volumes": volumes}}]) == frozenset()
