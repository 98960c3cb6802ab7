"""What is issued, as a verifier of another make sees it."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from rayscope.webhook.certificates import LIFETIME, Pair, expired, issue, matching, service_names, signed, split

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = service_names("rayscope", "monitoring")


def verify(pair: Pair, bundle: bytes, subject: x509.verification.Subject, at: datetime) -> None:
    store = Store(x509.load_pem_x509_certificates(bundle))
    PolicyBuilder().store(store).time(at).build_server_verifier(subject).verify(pair.leaf, [])


def test_a_certificate_holds_for_the_names_of_its_service() -> None:
    pair, authority = issue(NAMES, NOW)
    for name in ("rayscope.monitoring.svc", "rayscope.monitoring.svc.cluster.local"):
        verify(pair, authority, x509.DNSName(name), NOW)


def test_a_certificate_can_be_for_an_address() -> None:
    pair, authority = issue(["127.0.0.1"], NOW)
    verify(pair, authority, x509.IPAddress(ip_address("127.0.0.1")), NOW)
    assert pair.speaks_for(["127.0.0.1"])
    assert not pair.speaks_for(["127.0.0.2"])


def test_a_certificate_holds_at_once_even_where_the_clock_is_behind() -> None:
    pair, authority = issue(NAMES, NOW)
    verify(pair, authority, x509.DNSName(NAMES[0]), NOW - timedelta(minutes=30))


def test_a_certificate_holds_for_a_year_and_is_renewed_after_two_thirds() -> None:
    pair, authority = issue(NAMES, NOW)
    assert pair.issued == NOW
    assert pair.expires == NOW + LIFETIME
    assert NOW + timedelta(days=243) < pair.renewal < NOW + timedelta(days=244)
    assert not expired(authority, NOW + LIFETIME - timedelta(seconds=1))
    assert expired(authority, NOW + LIFETIME)


def test_an_authority_signs_once() -> None:
    first, authority = issue(NAMES, NOW)
    second, other = issue(NAMES, NOW)
    assert signed(first, authority)
    assert signed(second, other)
    assert not signed(first, other)


def test_two_authorities_in_one_bundle_both_hold() -> None:
    first, authority = issue(NAMES, NOW)
    second, other = issue(NAMES, NOW)
    for pair in (first, second):
        verify(pair, authority + other, x509.DNSName(NAMES[0]), NOW)


def test_a_key_belongs_to_its_own_certificate_alone() -> None:
    first, second = issue(NAMES, NOW)[0], issue(NAMES, NOW)[0]
    assert matching(first)
    assert not matching(Pair(first.certificate, second.key))


def test_a_bundle_is_split_into_what_it_was_made_of() -> None:
    authorities = [issue(NAMES, NOW)[1] for _ in range(3)]
    assert split(b"".join(authorities)) == tuple(authorities)
