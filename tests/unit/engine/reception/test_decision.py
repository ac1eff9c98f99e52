"""Decisions about an incoming call, in every combination of rules."""

from __future__ import annotations

import itertools

import pytest

from voip.causes import Cause, CauseKind
from voip.choices import AutoAnswer, CallWaiting, Forwarding
from voip.engine.reception.decision import (
    Answer,
    Arrival,
    Decision,
    Redirect,
    Refuse,
    Ring,
    Rules,
    decide,
    unanswered,
)
from voip.model import Outcome

TONE, BUSY = CallWaiting.TONE, CallWaiting.BUSY
ALL = Forwarding(always="1", busy="2", unanswered="3", after_s=30)
AS_BUSY = Forwarding(busy="2")
LATER = Forwarding(unanswered="3", after_s=30)


@pytest.mark.parametrize(
    ("rules", "others", "expected"),
    [
        (Rules(), 0, Ring()),
        (Rules(), 3, Ring()),
        (Rules(call_waiting=BUSY), 0, Ring()),
        (Rules(call_waiting=BUSY), 1, Refuse(486, Cause(CauseKind.IN_A_CALL))),
        (Rules(True), 0, Refuse(480, Cause(CauseKind.DO_NOT_DISTURB))),
        (Rules(True, BUSY, AS_BUSY), 1, Refuse(480, Cause(CauseKind.DO_NOT_DISTURB))),
        (Rules(True, BUSY, ALL), 1, Redirect("1", Cause(CauseKind.FORWARDED, ("1",)))),
        (Rules(forwarding=ALL), 0, Redirect("1", Cause(CauseKind.FORWARDED, ("1",)))),
        (Rules(False, BUSY, AS_BUSY), 0, Ring()),
        (Rules(False, TONE, AS_BUSY), 1, Ring()),
        (
            Rules(False, BUSY, AS_BUSY), 1,
            Redirect("2", Cause(CauseKind.FORWARDED_AS_BUSY, ("2",))),
        ),
        (Rules(forwarding=LATER), 0, Ring("3", 30)),
        (Rules(False, TONE, LATER), 1, Ring("3", 30)),
        (Rules(False, BUSY, LATER), 1, Refuse(486, Cause(CauseKind.IN_A_CALL))),
        (Rules(True, TONE, LATER), 0, Refuse(480, Cause(CauseKind.DO_NOT_DISTURB))),
    ],
)  # fmt: skip
def test_a_call_meets(rules: Rules, others: int, expected: Decision) -> None:
    assert decide(rules, Arrival(), others) == expected


def test_no_call_goes_where_no_rule_sends_it() -> None:
    for dnd, waiting, others in itertools.product((False, True), CallWaiting, (0, 1, 2)):
        decision = decide(Rules(dnd, waiting), Arrival(True, 0), others)
        assert not isinstance(decision, Redirect)
        assert not isinstance(decision, Ring) or decision.target is None


def test_a_call_that_goes_on_is_a_302_and_not_missed() -> None:
    decision = decide(Rules(forwarding=ALL), Arrival(), 0)
    assert isinstance(decision, Redirect)
    assert (decision.code, decision.outcome) == (302, Outcome.FORWARDED)
    assert unanswered(Ring("3", 30)) == Cause(CauseKind.FORWARDED_UNANSWERED, ("3", 30))


OFF, ASKED, ALWAYS = AutoAnswer.OFF, AutoAnswer.ASKED, AutoAnswer.ALWAYS
LISTED, STRANGER = Arrival(listed=True), Arrival(listed=False)


@pytest.mark.parametrize(
    ("mode", "arrival", "expected"),
    [
        (OFF, LISTED, Ring()),
        (OFF, Arrival(True, 0), Ring()),
        (ASKED, LISTED, Ring()),
        (ASKED, Arrival(True, 0), Answer(0)),
        (ASKED, Arrival(True, 7), Answer(7)),
        (ASKED, Arrival(False, 0), Ring()),
        (ALWAYS, LISTED, Answer(0)),
        (ALWAYS, Arrival(True, 7), Answer(0)),
        (ALWAYS, Arrival(False, 0), Ring()),
        (ALWAYS, STRANGER, Ring()),
    ],
)
def test_a_call_is_answered_by_itself(
    mode: AutoAnswer, arrival: Arrival, expected: Decision
) -> None:
    assert decide(Rules(auto_answer=mode), arrival, 0) == expected


def test_nothing_is_answered_beside_another_call_for_a_stranger_or_while_disturbed() -> None:
    rules = itertools.product((False, True), CallWaiting, (Forwarding(), AS_BUSY, LATER, ALL))
    for (dnd, waiting, forwarding), mode in itertools.product(rules, AutoAnswer):
        given = Rules(dnd, waiting, forwarding, mode)
        for after_s in (None, 0, 99):
            assert not isinstance(decide(given, Arrival(True, after_s), 1), Answer)
            assert not isinstance(decide(given, Arrival(False, after_s), 0), Answer)
            if dnd or forwarding.always:
                assert not isinstance(decide(given, Arrival(True, after_s), 0), Answer)
