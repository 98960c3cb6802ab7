"""A ConfigMap in protobuf, as Kubernetes takes its own kinds: what is binary in it stays as it is.

As JSON, the exporter is base64 that the API server has to scan, unescape, decode and copy: a third of the work that
a new service costs it. The numbers of the fields are those of k8s.io/api/core/v1/generated.proto, and stay for ever.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache

from rayscope.model.manifest import Manifest, mapping, sequence

PROTOBUF = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
DELIMITED, VARINT = 2, 0
KNOWN = {
    "": frozenset({"apiVersion", "kind", "metadata", "immutable", "binaryData"}),
    "metadata": frozenset({"name", "namespace", "labels", "ownerReferences"}),
}


def config_map(manifest: Manifest) -> bytes:
    """A ConfigMap as we make them; ValueError where it has a field that would be lost."""
    metadata = mapping(manifest, "metadata")
    if lost := (manifest.keys() - KNOWN[""]) | (metadata.keys() - KNOWN["metadata"]):
        raise ValueError(f"a ConfigMap's {sorted(lost)} have no encoding here")
    kind = _texts({1: manifest["apiVersion"], 2: manifest["kind"]})
    files = (_texts({1: name}) + _bytes(2, _binary(data)) for name, data in mapping(manifest, "binaryData").items())
    body = _bytes(1, _metadata(metadata)) + b"".join(_bytes(3, file) for file in files)
    return MAGIC + _bytes(1, kind) + _bytes(2, body + _truth(4, manifest.get("immutable")))


def _metadata(metadata: Manifest) -> bytes:
    labels = (_bytes(11, _texts({1: name, 2: value})) for name, value in mapping(metadata, "labels").items())
    owners = (_bytes(13, _owner(owner)) for owner in sequence(metadata, "ownerReferences"))
    return _texts({1: metadata["name"], 3: metadata["namespace"]}) + b"".join(labels) + b"".join(owners)


def _owner(owner: Manifest) -> bytes:
    names = {1: owner["kind"], 3: owner["name"], 4: owner["uid"], 5: owner["apiVersion"]}
    return _texts(names) + _truth(6, owner.get("controller"))


def _texts(fields: Mapping[int, str]) -> bytes:
    return b"".join(_bytes(number, text.encode()) for number, text in fields.items())


def _truth(number: int, truth: object) -> bytes:
    return b"" if truth is None else _varint(number << 3 | VARINT) + _varint(bool(truth))


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the eighth bit set. Most take a single byte."""
    if number < 0x80:
        return bytes((number,))
    return bytes((number & 0x7F | 0x80,)) + _varint(number >> 7)


@lru_cache(maxsize=4)
def _binary(data: str) -> bytes:
    """It is the same exporter for all services."""
    return b64decode(data)
