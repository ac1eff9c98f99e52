"""Targets that fail rest on their own, and the first is returned to."""

from __future__ import annotations

from voip.engine.registration.targets import Targets
from voip.protocol.worker.accounts import Target

A, B, C = (Target(f"192.0.2.{number}", 5061) for number in (1, 2, 3))


def _targets(*ordered: Target) -> Targets:
    targets = Targets()
    targets.replace(ordered, 0.0)
    return targets


def test_the_first_is_used_and_each_failure_goes_on_to_the_next() -> None:
    targets = _targets(A, B, C)
    assert targets.current == A
    targets.rest(A, until=10.0, returns=0.0)
    assert targets.advance(now=1.0)
    assert targets.current == B
    targets.rest(B, until=20.0, returns=0.0)
    assert targets.advance(now=2.0)
    assert targets.current == C


def test_with_none_left_the_one_that_is_rested_first_is_waited_for() -> None:
    targets = _targets(A, B)
    targets.rest(A, until=30.0, returns=0.0)
    targets.advance(now=1.0)
    targets.rest(B, until=8.0, returns=0.0)
    assert not targets.advance(now=2.0)
    assert targets.current == B
    assert targets.wait_s(now=2.0) == 6.0
    assert targets.advance(now=9.0)
    assert targets.current == B


def test_failures_are_counted_for_each_target_and_forgotten_when_it_works() -> None:
    targets = _targets(A, B)
    for until in (1.0, 2.0, 3.0):
        targets.rest(A, until, returns=0.0)
    assert targets.failures(A) == 3
    targets.advance(now=2.5)
    assert (targets.current, targets.failures(B)) == (B, 0)
    targets.use(A)
    targets.works()
    assert targets.failures(A) == 0


def test_every_target_is_tried_at_once_where_a_person_asks_for_it() -> None:
    targets = _targets(A, B)
    targets.rest(A, until=50.0, returns=90.0)
    assert targets.advance(now=0.0)
    assert not targets.has_other(now=0.0)
    targets.forget_failures()
    assert targets.has_other(now=0.0)
    assert targets.failures(A) == 0


def test_a_better_target_is_known_with_the_time_of_its_return() -> None:
    targets = _targets(A, B, C)
    assert targets.better() is None
    targets.rest(A, until=5.0, returns=50.0)
    targets.advance(now=0.0)
    targets.rest(B, until=10.0, returns=20.0)
    targets.advance(now=0.0)
    assert targets.current == C
    assert targets.better() == (B, 20.0)


def test_a_target_that_a_call_has_tried_is_no_other() -> None:
    targets = _targets(A, B, C)
    assert targets.has_other(now=0.0, tried=(A, B))
    assert not targets.has_other(now=0.0, tried=(A, B, C))


def test_a_new_list_keeps_the_target_in_use_and_the_rests_of_those_that_stay() -> None:
    targets = _targets(A, B)
    targets.rest(A, until=50.0, returns=90.0)
    targets.advance(now=0.0)
    targets.replace((A, B, C), now=1.0)
    assert targets.current == B
    targets.replace((A, C), now=2.0)
    assert targets.current == C
    targets.replace((A,), now=60.0)
    assert targets.current == A


def test_without_targets_there_is_nothing_to_use() -> None:
    targets = _targets()
    assert targets.current is None
    assert not targets.advance(now=1.0)
    assert targets.better() is None


def test_an_order_that_the_dns_shuffles_moves_nobody() -> None:
    targets = _targets(A, B)
    targets.replace((B, A), now=1.0)
    assert targets.current == A
    assert targets.better() is None


def test_an_address_leads_to_itself_or_through_a_translator() -> None:
    translated = Target("2001:db8:64::c000:207", 5061, "2001:db8:64::/96")
    targets = _targets(A, translated)
    assert targets.lead_to(A.address)
    assert targets.lead_to("192.0.2.7")
    assert not targets.lead_to("192.0.2.8")
    assert not targets.lead_to("pbx.example.com")
    assert not _targets(A).lead_to("192.0.2.7")
