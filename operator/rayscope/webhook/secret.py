"""The Secret in which the replicas share their certificates: a rotation written down, and read with suspicion."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence

from rayscope.model.manifest import Manifest, mapping
from rayscope.model.names import MANAGED_BY_LABEL, MANAGER
from rayscope.model.service import Key
from rayscope.webhook.certificates import Pair, matching, signed, split
from rayscope.webhook.rotation import Rotation

CERTIFICATE, PRIVATE_KEY = "tls.crt", "tls.key"
SUCCESSOR_CERTIFICATE, SUCCESSOR_KEY = "successor.crt", "successor.key"
BUNDLE = "ca.crt"


class Unusable(ValueError):  # noqa: N818 - a verdict
    """The Secret holds nothing that can be served; the message says why."""


def secret(key: Key, rotation: Rotation) -> Manifest:
    """A new Secret (kubernetes.io/tls, so that every tool shows and checks it as what it is)."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": {MANAGED_BY_LABEL: MANAGER}},
        "type": "kubernetes.io/tls",
        "data": _data(rotation),
    }


def rewritten(found: Manifest, rotation: Rotation) -> Manifest:
    """The Secret that was found, with another rotation in it; labels and the rest stay its owner's."""
    return {**found, "data": _data(rotation)}


def read(found: Manifest, names: Sequence[str]) -> Rotation:
    """The rotation in a Secret, if all of it can be served under `names`; else Unusable."""
    data = mapping(found, "data")
    try:
        trusted = split(_decoded(data, BUNDLE))
        current = _pair(data, CERTIFICATE, PRIVATE_KEY)
        successor = _pair(data, SUCCESSOR_CERTIFICATE, SUCCESSOR_KEY) if SUCCESSOR_CERTIFICATE in data else None
        for pair in (current, successor):
            if pair:
                _verify(pair, trusted, names)
    except Unusable:
        raise
    except Exception as trouble:
        # Whatever it is: for odd input, `cryptography` has errors of a dozen unrelated classes.
        raise Unusable(f"not certificates and keys of ours: {trouble}") from trouble
    return Rotation(current, successor, trusted)


def _verify(pair: Pair, trusted: Sequence[bytes], names: Sequence[str]) -> None:
    if not matching(pair):
        raise Unusable("the key is not the certificate's")
    if not pair.speaks_for(names):
        raise Unusable(f"the certificate is not for {', '.join(names)}")
    if not any(signed(pair, authority) for authority in trusted):
        raise Unusable(f"the certificate was signed by none of {BUNDLE}")


def _pair(data: Manifest, certificate: str, key: str) -> Pair:
    return Pair(_decoded(data, certificate), _decoded(data, key))


def _decoded(data: Manifest, key: str) -> bytes:
    if key not in data:
        raise Unusable(f"{key} is missing")
    return b64decode(data[key])


def _data(rotation: Rotation) -> dict[str, str]:
    parts = {CERTIFICATE: rotation.current.certificate, PRIVATE_KEY: rotation.current.key, BUNDLE: rotation.bundle}
    if rotation.successor:
        parts |= {SUCCESSOR_CERTIFICATE: rotation.successor.certificate, SUCCESSOR_KEY: rotation.successor.key}
    return {name: b64encode(part).decode() for name, part in parts.items()}
