"""Renewal without a gap, over the years."""

from datetime import UTC, datetime, timedelta

from rayscope.webhook.certificates import LIFETIME, service_names, signed
from rayscope.webhook.rotation import SETTLE, Rotation, advance, start

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = service_names("rayscope", "monitoring")
LATER = NOW + LIFETIME * 0.7


def announced(rotation: Rotation, now: datetime) -> Rotation:
    return advance(rotation, NAMES, now, announced=True)


def holds(rotation: Rotation) -> bool:
    pairs = [pair for pair in (rotation.current, rotation.successor) if pair]
    return all(any(signed(pair, authority) for authority in rotation.trusted) for pair in pairs)


def test_nothing_is_due_for_two_thirds_of_a_life() -> None:
    rotation = start(NAMES, NOW)
    for days in range(0, 243, 9):
        assert announced(rotation, NOW + timedelta(days=days)) is rotation


def test_a_successors_authority_is_announced_before_its_certificate_is_used() -> None:
    first = start(NAMES, NOW)
    second = announced(first, LATER)
    assert second.current == first.current
    assert second.successor
    assert second.trusted[0] == first.trusted[0]
    assert len(second.trusted) == 2
    assert holds(second)


def test_a_successor_is_used_once_its_authority_has_been_announced_for_a_while() -> None:
    second = announced(start(NAMES, NOW), LATER)
    assert announced(second, LATER + SETTLE - timedelta(seconds=1)) is second
    third = announced(second, LATER + SETTLE)
    assert third.current == second.successor
    assert third.successor is None
    assert third.trusted == second.trusted


def test_a_successor_waits_for_as_long_as_its_authority_is_not_announced() -> None:
    second = announced(start(NAMES, NOW), LATER)
    for days in (0, 30, 100):
        assert advance(second, NAMES, LATER + timedelta(days=days), announced=False) is second


def test_a_successor_is_used_in_any_case_once_the_current_certificate_has_expired() -> None:
    second = announced(start(NAMES, NOW), LATER)
    third = advance(second, NAMES, NOW + LIFETIME, announced=False)
    assert third.current == second.successor


def test_an_authority_is_trusted_until_it_expires() -> None:
    second = announced(start(NAMES, NOW), LATER)
    third = announced(second, LATER + SETTLE)
    assert announced(third, NOW + LIFETIME - timedelta(seconds=1)) is third
    fourth = announced(third, NOW + LIFETIME)
    assert fourth.trusted == third.trusted[1:]
    assert holds(fourth)


def test_after_a_long_sleep_everything_is_made_anew() -> None:
    for sleeper in (start(NAMES, NOW), announced(start(NAMES, NOW), LATER)):
        awake = announced(sleeper, NOW + LIFETIME * 3)
        assert awake.successor is None
        assert len(awake.trusted) == 1
        assert awake.trusted[0] not in sleeper.trusted
        assert holds(awake)


def test_ten_years_of_daily_looks_always_serve_what_has_been_trusted_for_a_while() -> None:
    rotation, served = start(NAMES, NOW), 1
    trusted_since = dict.fromkeys(rotation.trusted, NOW)
    for day in range(3650):
        now = NOW + timedelta(days=day)
        following = announced(rotation, now)
        for authority in following.trusted:
            trusted_since.setdefault(authority, now)
        if following.current != rotation.current:
            served += 1
            signer = next(authority for authority in following.trusted if signed(following.current, authority))
            assert now - trusted_since[signer] >= SETTLE
        assert following.current.issued <= now < following.current.expires
        assert len(following.trusted) <= 2
        rotation = following
    assert served == 15
