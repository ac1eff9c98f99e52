"""Offers for hold and resume, and their repetition."""

from __future__ import annotations

import pytest

from voip.worker.calls.hold_offers import HoldOffers


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def offers(clock: Clock, outgoing: bool = True) -> HoldOffers:
    return HoldOffers(outgoing, clock, lambda low, high: high)


def test_nothing_is_due_before_anything_is_wanted(clock: Clock) -> None:
    hold = offers(clock)
    assert not hold.due()
    assert not hold.busy()
    assert not hold.on_hold


def test_an_offer_is_due_at_once_and_ends_with_its_answer(clock: Clock) -> None:
    hold = offers(clock)
    hold.want(True)
    assert hold.due()
    hold.offered()
    assert not hold.due()
    assert hold.busy()
    assert hold.answered(200)
    assert not hold.busy()


def test_an_offer_of_any_kind_is_pending_until_its_answer(clock: Clock) -> None:
    hold = offers(clock)
    assert not hold.pending()
    hold.move()
    assert hold.pending()
    hold.offered(tells_address=True)
    assert hold.pending()
    hold.answered(200)
    assert not hold.pending()


@pytest.mark.parametrize("code", [401, 407, 422])
def test_what_pjsip_repeats_by_itself_is_no_answer_yet(clock: Clock, code: int) -> None:
    hold = offers(clock)
    hold.want(True)
    hold.offered()
    assert not hold.answered(code)
    assert hold.busy()
    assert hold.answered(200)


@pytest.mark.parametrize(("outgoing", "pause"), [(True, 4.0), (False, 2.0)])
def test_a_collision_is_tried_again_after_the_pause_of_rfc_3261(
    clock: Clock, outgoing: bool, pause: float
) -> None:
    hold = offers(clock, outgoing)
    hold.want(True)
    hold.offered()
    assert not hold.answered(491)
    clock.now += pause - 0.01
    assert not hold.due()
    clock.now += 0.02
    assert hold.due()


def test_collisions_without_end_end_the_matter(clock: Clock) -> None:
    hold = offers(clock)
    hold.want(True)
    tries = 0
    while hold.busy():
        clock.now += 4
        assert hold.due()
        hold.offered()
        tries += 1
        if hold.answered(491):
            break
    assert tries == 9
    assert not hold.busy()


def test_another_offer_under_way_postpones_ours_but_not_for_ever(clock: Clock) -> None:
    hold = offers(clock)
    hold.want(True)
    assert hold.postpone()
    assert not hold.due()
    clock.now += 1
    assert hold.due()
    clock.now += 40
    assert not hold.postpone()
    assert not hold.busy()


def test_a_wish_that_changes_meanwhile_is_due_after_the_answer(clock: Clock) -> None:
    hold = offers(clock)
    hold.want(True)
    hold.offered()
    hold.want(False)
    assert not hold.due(), "one offer at a time (RFC 3261 section 14.1)"
    assert not hold.answered(488)
    assert hold.due()
    assert not hold.on_hold


def test_an_answer_to_nothing_is_nothing(clock: Clock) -> None:
    assert not offers(clock).answered(200)


def test_a_move_is_offered_and_is_no_hold(clock: Clock) -> None:
    offer = offers(clock)
    offer.move()
    assert offer.due()
    assert not offer.busy()
    offer.offered(tells_address=True)
    assert not offer.busy()
    assert offer.answered(200)
    assert not offer.moves
    assert not offer.due()


@pytest.mark.parametrize("code", [408, 503])
def test_a_move_that_did_not_arrive_is_offered_again(clock: Clock, code: int) -> None:
    offer = offers(clock)
    offer.move()
    offer.offered(tells_address=True)
    assert offer.answered(code)
    assert offer.moves
    assert not offer.due()
    clock.now += 2.1
    assert offer.due()


def test_a_hold_before_a_move_leaves_the_move_due(clock: Clock) -> None:
    offer = offers(clock)
    offer.want(True)
    offer.move()
    offer.offered(tells_address=False)
    assert offer.busy()
    assert offer.answered(200)
    assert offer.moves
    assert offer.due()
    assert not offer.busy()


def test_a_move_during_a_hold_answers_the_hold_at_its_end(clock: Clock) -> None:
    offer = offers(clock)
    offer.want(True)
    offer.offered()
    offer.move()
    assert not offer.answered(200)
    assert offer.busy()
    offer.offered(tells_address=True)
    assert offer.answered(200)
    assert not offer.for_hold
    assert not offer.moves


def test_an_answer_is_late_once_and_still_counts_when_it_comes(clock: Clock) -> None:
    ours = offers(clock)
    ours.want(True)
    assert not ours.is_late()
    ours.offered()
    clock.now += 4.9
    assert not ours.is_late()
    clock.now += 0.1
    assert ours.is_late()
    assert not ours.is_late()
    assert ours.answered(200)


def test_an_answer_in_time_is_never_late(clock: Clock) -> None:
    ours = offers(clock)
    ours.want(True)
    ours.offered()
    ours.answered(200)
    clock.now += 60
    assert not ours.is_late()


def test_a_hold_is_offered_again_after_a_resume_that_was_late(clock: Clock) -> None:
    ours = offers(clock)
    ours.want(False)
    ours.offered()
    clock.now += 5
    assert ours.is_late()
    ours.want(True)
    assert not ours.answered(200)
    assert ours.due()
