"""Protobuf of ConfigMaps: what the bytes are, and that nothing is lost silently. What they mean, tests/control asks."""

from __future__ import annotations

from typing import Any

import pytest

from rayscope.kube.protobuf import config_map


def manifest(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n", "namespace": "ns"}, **more}


def test_an_envelope_tells_the_kind() -> None:
    assert (
        config_map(manifest())
        == b"k8s\0" + b"\x0a\x0f\x0a\x02v1\x12\x09ConfigMap" + b"\x12\x09\x0a\x07\x0a\x01n\x1a\x02ns"
    )


def test_what_is_binary_is_sent_as_it_is() -> None:
    assert b"\x1a\x09\x0a\x01f\x12\x04\x00\xff\x00\xff" in config_map(manifest(binaryData={"f": "AP8A/w=="}))


def test_a_long_content_has_a_length_of_several_bytes() -> None:
    assert b"\x12\xac\x02" + b"\0" * 300 in config_map(manifest(binaryData={"f": "AAAA" * 100}))


@pytest.mark.parametrize("more", [{"data": {"a": "b"}}, {"metadata": {"name": "n", "annotations": {"a": "b"}}}])
def test_a_field_that_would_be_lost_is_a_mistake_of_ours(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="have no encoding here"):
        config_map(manifest() | more)
