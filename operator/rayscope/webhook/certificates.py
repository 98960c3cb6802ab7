"""Serving certificates of our own making, each signed by an authority that exists for that one signature.

The authority's key is thrown away as soon as it has signed: what is not stored cannot be stolen, and every renewal goes
the same way. No clock and no disk here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=365)
SKEW = timedelta(hours=1)
"""Certificates are valid from this long before they are made: clocks of nodes differ."""


@dataclass(frozen=True)
class Pair:
    """A serving certificate (with its chain, if there is one) and its private key, both PEM."""

    certificate: bytes
    key: bytes

    @cached_property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate)

    @property
    def issued(self) -> datetime:
        return self.leaf.not_valid_before_utc + SKEW

    @property
    def expires(self) -> datetime:
        return self.leaf.not_valid_after_utc

    @property
    def renewal(self) -> datetime:
        """When to begin with a successor: two thirds of the way, as cert-manager does."""
        return self.issued + (self.expires - self.issued) * 2 / 3

    def speaks_for(self, names: Sequence[str]) -> bool:
        found = self.leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return set(_alternatives(names)) <= set(found)


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """What the API server may call a Service; it verifies the first of them."""
    return (f"{service}.{namespace}.svc", f"{service}.{namespace}.svc.cluster.local")


def issue(names: Sequence[str], now: datetime) -> tuple[Pair, bytes]:
    """A new serving certificate for `names` (DNS names, IP addresses), and the authority (PEM) to trust for it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key, now)
    leaf = _leaf(names, key, authority, authority_key, now)
    return Pair(_pem(leaf), _key_pem(key)), _pem(authority)


def expired(certificate: bytes, now: datetime) -> bool:
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc <= now


def signed(pair: Pair, authority: bytes) -> bool:
    """Whether `authority` (PEM) signed the pair's certificate."""
    try:
        pair.leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except Exception:  # noqa: BLE001 - ValueError, TypeError or InvalidSignature: any says no
        return False
    return True


def matching(pair: Pair) -> bool:
    """Whether key and certificate belong together."""
    key = serialization.load_pem_private_key(pair.key, password=None)
    return key.public_key() == pair.leaf.public_key()


def split(bundle: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM bundle, one by one, in the form that `issue` gives them."""
    return tuple(_pem(certificate) for certificate in x509.load_pem_x509_certificates(bundle))


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    # The serial number in the name keeps authorities apart in a bundle: some verifiers look them up by name alone.
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"rayscope-webhook-ca-{serial:x}"[:64])])
    usage = _usage(key_cert_sign=True)
    return (
        _builder(name, name, serial, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    names: Sequence[str],
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rayscope-webhook")])
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(subject, authority.subject, x509.random_serial_number(), key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(signer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, serial: int, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(serial)
        .public_key(key)
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in names]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
