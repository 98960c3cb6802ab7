"""A rotation written down and read again."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from rayscope.model.service import Key
from rayscope.webhook.certificates import LIFETIME, Pair, issue, service_names
from rayscope.webhook.rotation import Rotation, advance, start
from rayscope.webhook.secret import Unusable, read, rewritten, secret

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = service_names("rayscope", "monitoring")
PLACE = Key("monitoring", "rayscope-webhook")
FIRST = start(NAMES, NOW)
SECOND = advance(FIRST, NAMES, NOW + LIFETIME * 0.7, announced=True)


def changed(key: str, value: bytes | None) -> dict[str, Any]:
    found = dict(secret(PLACE, FIRST))
    data = {name: part for name, part in found["data"].items() if name != key}
    return {**found, "data": data if value is None else {**data, key: b64encode(value).decode()}}


@pytest.mark.parametrize("rotation", [FIRST, SECOND], ids=["settled", "rotating"])
def test_a_rotation_is_read_as_it_was_written(rotation: Rotation) -> None:
    assert read(secret(PLACE, rotation), NAMES) == rotation


def test_no_authoritys_key_is_stored() -> None:
    assert sorted(secret(PLACE, FIRST)["data"]) == ["ca.crt", "tls.crt", "tls.key"]
    assert FIRST.bundle.count(b"PRIVATE KEY") == 0


def test_a_finished_rotation_leaves_no_successor_behind() -> None:
    found = rewritten(secret(PLACE, SECOND), FIRST)
    assert read(found, NAMES) == FIRST


def test_rewriting_leaves_all_else_as_its_owner_had_it() -> None:
    found = {**secret(PLACE, FIRST), "type": "Opaque", "metadata": {"name": "x", "labels": {"team": "ml"}}}
    again = rewritten(found, SECOND)
    assert again["type"] == "Opaque"
    assert again["metadata"] == found["metadata"]


@pytest.mark.parametrize("key", ["ca.crt", "tls.crt", "tls.key"])
@pytest.mark.parametrize("value", [None, b"", b"rubbish"], ids=["missing", "empty", "garbled"])
def test_a_damaged_secret_is_not_used(key: str, value: bytes | None) -> None:
    with pytest.raises(Unusable):
        read(changed(key, value), NAMES)


def test_an_empty_secret_is_not_used() -> None:
    with pytest.raises(Unusable, match="missing"):
        read({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}, NAMES)


def test_data_that_is_no_base64_is_not_used() -> None:
    found = {**secret(PLACE, FIRST), "data": {**secret(PLACE, FIRST)["data"], "tls.crt": "=?="}}
    with pytest.raises(Unusable):
        read(found, NAMES)


def test_another_certificates_key_is_not_used() -> None:
    other, _ = issue(NAMES, NOW)
    with pytest.raises(Unusable, match="key is not"):
        read(secret(PLACE, replace(FIRST, current=Pair(FIRST.current.certificate, other.key))), NAMES)


def test_a_certificate_of_an_unknown_authority_is_not_used() -> None:
    other, _ = issue(NAMES, NOW)
    with pytest.raises(Unusable, match="signed by none"):
        read(secret(PLACE, replace(FIRST, current=other)), NAMES)


def test_a_certificate_for_other_names_is_not_used() -> None:
    with pytest.raises(Unusable, match="not for"):
        read(secret(PLACE, FIRST), service_names("rayscope", "elsewhere"))


def test_a_successor_is_looked_at_as_closely() -> None:
    other, _ = issue(NAMES, NOW)
    with pytest.raises(Unusable, match="signed by none"):
        read(secret(PLACE, replace(FIRST, successor=other)), NAMES)


def test_a_certificate_that_names_no_host_is_not_used() -> None:
    """By its common name alone, as `openssl req -x509` makes it: it cannot be served, and must not stall us."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + LIFETIME)
    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Unusable, match="SubjectAlternativeName"):
        read(secret(PLACE, Rotation(Pair(certificate, private), None, (certificate,))), NAMES)
