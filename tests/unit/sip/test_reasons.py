"""SIP statuses in a person's words, and how a call ended."""

from __future__ import annotations

import itertools

import pytest

from voip.causes import CauseKind
from voip.model import Direction, Outcome
from voip.sip import reasons
from voip.sip.reasons import Ending, outcome


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (486, "Busy Here", "busy"),
        (403, "x", "the server does not allow it"),
        (407, "", "the user name or password is wrong"),
        (302, "Moved", "the server sent the call elsewhere, which is not followed"),
        (499, "Strange", "the server says “Strange”"),
        (499, "a” lock “b", "the server says “a' lock 'b”"),
        (499, "", "the call failed with status 499"),
    ],
)
def test_words(code: int, reason: str, expected: str) -> None:
    assert reasons.words(code, reason) == expected


@pytest.mark.parametrize(
    ("code", "up", "kind"),
    [
        (200, False, CauseKind.NO_VOICE),
        (486, False, CauseKind.SIP_STATUS),
        (300, False, CauseKind.SIP_STATUS),
        (200, True, CauseKind.BROKEN_OFF),
        (408, True, CauseKind.BROKEN_OFF),
    ],
)
def test_a_final_status_is_a_cause(code: int, up: bool, kind: CauseKind) -> None:
    cause = reasons.ending(code, "Said", up)
    assert cause.kind is kind
    assert cause.detail == (() if kind is CauseKind.NO_VOICE else (code, "Said"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (408, "the far end does not answer any more"),
        (481, "the far end does not know the call any more"),
        (500, "the server failed"),
        (499, "the server says “Strange”"),
    ],
)
def test_words_of_a_call_that_was_up(code: int, expected: str) -> None:
    assert reasons.broken_off(code, "Strange") == expected


# Every combination of what can be known of a call's end, and what it is called.
ENDED_BY_US, BY_THEM = True, False


CODES_OF_ANSWERED = (200, 403, 408, 480, 481, 486, 487, 488, 500, 503, 600, 603, 607)


def test_a_call_that_was_up() -> None:
    wrong: list[Ending] = []
    for direction, code in itertools.product(Direction, CODES_OF_ANSWERED):
        for taken, here, stopped, given_up in itertools.product((False, True), repeat=4):
            end = Ending(direction, code, True, taken, here, stopped, given_up=given_up)
            normal = here is ENDED_BY_US or (code == 200 and not given_up)
            if outcome(end) is not (Outcome.ANSWERED if normal else Outcome.LOST):
                wrong.append(end)
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (200, Outcome.FAILED), (403, Outcome.FAILED), (404, Outcome.FAILED), (408, Outcome.FAILED),
        (480, Outcome.FAILED), (486, Outcome.BUSY), (487, Outcome.FAILED), (500, Outcome.FAILED),
        (600, Outcome.BUSY), (603, Outcome.DECLINED), (604, Outcome.FAILED),
        (607, Outcome.DECLINED),
    ],
)  # fmt: skip
def test_a_call_from_here_without_voice(code: int, expected: Outcome) -> None:
    for taken, given_up in itertools.product((False, True), repeat=2):
        theirs = Ending(Direction.OUT, code, taken=taken, here=BY_THEM, given_up=given_up)
        assert outcome(theirs) is expected, theirs
        assert outcome(theirs._replace(here=ENDED_BY_US)) is Outcome.CANCELLED, theirs


@pytest.mark.parametrize("given_up", [False, True])
@pytest.mark.parametrize("code", [200, 408, 480, 486, 487, 488, 500, 503, 603])
def test_a_call_to_here_without_voice(code: int, given_up: bool) -> None:
    rings = Ending(Direction.IN, code, given_up=given_up)
    assert outcome(rings) is Outcome.MISSED
    assert outcome(rings._replace(here=ENDED_BY_US)) is Outcome.DECLINED
    # Whoever stops the phone has declined nothing.
    assert outcome(rings._replace(here=ENDED_BY_US, stopped=True)) is Outcome.MISSED
    # Who was answered was not missed, unless they had given up by then.
    answered = outcome(rings._replace(taken=True))
    assert answered is (Outcome.MISSED if code == 487 else Outcome.FAILED)


def test_a_call_that_this_phone_sent_on() -> None:
    assert outcome(Ending(Direction.IN, 302)) is Outcome.FORWARDED
    # Its caller gave up before: nothing was sent on.
    assert outcome(Ending(Direction.IN, 487)) is Outcome.MISSED
    assert outcome(Ending(Direction.OUT, 302)) is Outcome.FAILED


def test_a_call_that_another_phone_answered() -> None:
    elsewhere = Ending(Direction.IN, 487, given_up=True, elsewhere=True)
    assert outcome(elsewhere) is Outcome.ELSEWHERE
    # The user's own doing, and a call that was up, come before the server's word.
    assert outcome(elsewhere._replace(here=ENDED_BY_US)) is Outcome.DECLINED
    assert outcome(elsewhere._replace(up=True, here=ENDED_BY_US)) is Outcome.ANSWERED
    assert outcome(elsewhere._replace(refused=True)) is Outcome.REFUSED
    assert outcome(elsewhere._replace(direction=Direction.OUT)) is Outcome.FAILED


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("here", [ENDED_BY_US, BY_THEM])
def test_what_was_refused_is_called_so(direction: Direction, taken: bool, here: bool) -> None:
    end = Ending(direction, 488, taken=taken, here=here, refused=True, given_up=True)
    assert outcome(end) is Outcome.REFUSED
