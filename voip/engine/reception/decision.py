"""Decision on an incoming call; pure."""

from __future__ import annotations

import msgspec

from voip.causes import Cause, CauseKind
from voip.choices import AutoAnswer, CallWaiting, Forwarding
from voip.model import Outcome
from voip.sip import reasons

_BUSY = 486
_UNAVAILABLE = 480  # RFC 3261 section 21.4.18 names do not disturb


class Rules(msgspec.Struct, frozen=True):
    """Rules of the phone and of the account that is called."""

    do_not_disturb: bool = False
    call_waiting: CallWaiting = CallWaiting.TONE
    forwarding: Forwarding = Forwarding()
    auto_answer: AutoAnswer = AutoAnswer.OFF


class Arrival(msgspec.Struct, frozen=True):
    """Facts of a new call.

    `listed`: its caller may be answered without a person. `answer_after_s` is the time
    after which it asks for that, None if it does not.
    """

    listed: bool = False
    answer_after_s: int | None = None


class Ring(msgspec.Struct, frozen=True):
    """Ring; with a target, forward the call after that time without an answer."""

    target: str | None = None
    after_s: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Ring, and answer after that time, by a beep before the microphone opens."""

    after_s: int = 0


class Refuse(msgspec.Struct, frozen=True):
    """Refuse the call by a status."""

    code: int
    cause: Cause
    outcome: Outcome = Outcome.MISSED


class Redirect(msgspec.Struct, frozen=True):
    """Send the call on to a target."""

    target: str
    cause: Cause
    code: int = reasons.FORWARDED
    outcome: Outcome = Outcome.FORWARDED


Decision = Ring | Answer | Refuse | Redirect


def decide(rules: Rules, arrival: Arrival, others: int) -> Decision:
    """Decide what a call meets while there are `others`, ringing ones too."""
    forwarding = rules.forwarding
    if forwarding.always is not None:
        return _redirect(forwarding.always, CauseKind.FORWARDED)
    if rules.do_not_disturb:
        return Refuse(_UNAVAILABLE, Cause(CauseKind.DO_NOT_DISTURB))
    if others and rules.call_waiting is CallWaiting.BUSY:
        if forwarding.busy is not None:
            return _redirect(forwarding.busy, CauseKind.FORWARDED_AS_BUSY)
        return Refuse(_BUSY, Cause(CauseKind.IN_A_CALL))
    after_s = _answer_after_s(rules, arrival)
    if after_s is not None and not others:
        return Answer(after_s)
    if forwarding.unanswered is not None:
        return Ring(forwarding.unanswered, forwarding.after_s)
    return Ring()


def _answer_after_s(rules: Rules, arrival: Arrival) -> int | None:
    # A wish is in the hands of any caller: without the list it counts for nothing.
    if not arrival.listed:
        return None
    match rules.auto_answer:
        case AutoAnswer.ALWAYS:
            return 0
        case AutoAnswer.ASKED:
            return arrival.answer_after_s
        case AutoAnswer.OFF:
            return None


def unanswered(ring: Ring) -> Cause:
    """Cause of sending on a call that rang for all of its time."""
    return Cause(CauseKind.FORWARDED_UNANSWERED, (ring.target or "", ring.after_s))


def _redirect(target: str, kind: CauseKind) -> Redirect:
    return Redirect(target, Cause(kind, (target,)))
