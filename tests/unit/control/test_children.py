"""What is remembered of children decides what is written: as little as possible, and never too little."""

from __future__ import annotations

from rayscope.control.children import Children, Ref
from rayscope.kube.kinds import POD_MONITOR
from rayscope.model.names import SERVICE_LABEL
from tests.unit.control.objects import KEY, monitor, rule, service, stored

REF = Ref.of(monitor())


def applied(version: str = "10") -> Children:
    children = Children()
    children.applied(monitor(), stored(monitor(), version))
    return children


def test_an_unknown_child_is_to_be_applied() -> None:
    assert not Children().current(monitor())


def test_a_child_that_is_as_we_left_it_is_current() -> None:
    assert applied().current(monitor())


def test_a_child_that_should_be_otherwise_is_to_be_applied() -> None:
    assert not applied().current(monitor(interval="10s"))


def test_the_echo_of_our_own_apply_is_no_reason_to_look() -> None:
    children = applied("10")
    assert children.saw(REF, stored(monitor(), "10")) is None
    assert children.current(monitor())


def test_a_change_by_somebody_else_is_seen_and_mended() -> None:
    children = applied("10")
    assert children.saw(REF, stored(monitor(), "11")) == KEY
    assert not children.current(monitor())


def test_a_child_that_somebody_labelled_away_still_belongs_to_its_service() -> None:
    children = applied("10")
    assert children.saw(REF, stored(monitor(), "11", **{SERVICE_LABEL: "other"})) == KEY


def test_a_deleted_child_is_made_again() -> None:
    children = applied()
    assert children.lost(REF) == KEY
    assert not children.current(monitor())
    assert not children.has(KEY)


def test_the_deletion_of_an_unknown_child_is_no_reason_to_look() -> None:
    assert Children().lost(REF) is None


def test_a_child_of_an_earlier_process_is_applied_once() -> None:
    children = Children()
    assert children.saw(REF, stored(monitor(), "10")) == KEY
    assert not children.current(monitor())


def test_a_list_forgets_what_is_not_in_it() -> None:
    children = applied()
    assert children.listed(POD_MONITOR, []) == {KEY}
    assert not children.exists(REF)


def test_a_list_of_one_kind_says_nothing_of_another() -> None:
    children = applied()
    children.applied(rule(), stored(rule(), "11"))
    children.listed(POD_MONITOR, [])
    assert children.exists(Ref.of(rule()))


def test_a_list_that_holds_what_we_left_is_no_reason_to_look() -> None:
    assert applied("10").listed(POD_MONITOR, [stored(monitor(), "10")]) == set()


def test_what_is_not_wanted_any_more_is_surplus() -> None:
    assert applied().surplus(service(), set()) == [(REF, "uid-of-the-child")]


def test_what_is_wanted_is_not_surplus() -> None:
    assert applied().surplus(service(), {REF}) == []


def test_what_another_service_of_the_same_name_owned_is_left_to_the_garbage_collector() -> None:
    children = Children()
    earlier = monitor(owner="uid-of-an-earlier-service")
    children.saw(REF, stored(earlier, "10"))
    assert children.surplus(service(), set()) == []
