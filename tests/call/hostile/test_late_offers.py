"""Answers to the phone's offers in an ACK (RFC 3261, 13.2.1) and to holds."""

from __future__ import annotations

import pytest

from tests.call.hostile import sessions
from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers.farend import FarEnd
from voip.model import CallState, HeldBy, Outcome
from voip.protocol.calls import Hold

pytestmark = pytest.mark.asyncio(loop_scope="session")

_OTHER_TRANSPORT = "keys over TCP"
"""PJSIP stops before its keys, and continues with the former session."""

_LATER = [kind for kind in sessions.ANSWERS if kind != _OTHER_TRANSPORT]


@pytest.mark.parametrize("kind", list(sessions.ANSWERS))
async def test_an_ack_without_encryption_ends_the_call(stage: Stage, kind: str) -> None:
    await _ended_by_ack(stage, sessions.ANSWERS[kind], "sdes")


@pytest.mark.parametrize("kind", list(sessions.DTLS_LATER))
async def test_an_ack_without_dtls_ends_the_call(stage: Stage, kind: str) -> None:
    await _ended_by_ack(stage, sessions.DTLS_LATER[kind], "dtls")


async def test_an_ack_with_keys_closes_the_lock(stage: Stage) -> None:
    stage.lock_may_close = True
    far = await stage.far_end()
    far.will_acknowledge()
    call = await _taken(stage, far)
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed)


@pytest.mark.parametrize("by", ["ack", "hold"])
@pytest.mark.parametrize("kind", _LATER)
async def test_a_later_answer_without_encryption_ends_the_call(
    stage: Stage, kind: str, by: str
) -> None:
    call = await _answered_later(stage, kind, by)
    entry = await stage.until_logged(call)
    assert entry.outcome is Outcome.LOST
    answer = sessions.ANSWERS[kind]
    stopped = "the far end stopped encrypting in a way that this account accepts"
    words = sessions.description(answer, "far end", answers=True)
    # The content of an ACK is not reported: only the stop is known.
    is_refused = by == "hold" and (answer.suites or answer.other_keying)
    assert entry.reason == (words if is_refused else stopped)


async def test_a_far_end_that_hangs_up_is_not_said_to_have_stopped_encrypting(
    stage: Stage,
) -> None:
    far, call = await stage.up()
    far.will_answer(sessions.ANSWERS["plain"].text(stage.host, stage.sinks.open_udp()))
    far.hangs_up_after_answer = True
    await stage.phone.client.ask(Hold(call=call))
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.ANSWERED, "")


@pytest.mark.parametrize("by", ["ack", "hold"])
async def test_a_later_answer_that_is_none_leaves_the_call_as_it_was(stage: Stage, by: str) -> None:
    call = await _answered_later(stage, _OTHER_TRANSPORT, by)
    await stage.far_ends[-1].settled()
    (shown,) = (await stage.phone.status()).calls
    assert shown.id == call
    # A hold is the user's wish, whatever its answer was.
    assert shown.state is (CallState.HELD if by == "hold" else CallState.ACTIVE)
    assert shown.lock.closed, shown.lock.why


async def test_a_hold_during_an_offer_that_is_not_acknowledged_is_one_at_once(
    stage: Stage,
) -> None:
    """RFC 3261 section 14.1: no offer may be made then, and the hold is local."""
    far, call = await stage.up()
    far.acknowledges = False
    far.holds(True)
    await stage.phone.until_state(call, CallState.REMOTE_HELD)
    await stage.phone.client.ask(Hold(call=call))
    held = await stage.phone.until_call(lambda c: c.id == call and c.state is CallState.HELD)
    assert (held.held_by, held.hold_agreed) == (HeldBy.BOTH, None)


async def _answered_later(stage: Stage, kind: str, by: str) -> str:
    """A good call whose far end answers another offer of the phone wrongly."""
    far, call = await stage.up()
    answer = sessions.ANSWERS[kind].text(stage.host, stage.sinks.open_udp())
    if by == "ack":
        far.will_acknowledge(answer)
        await far.answered(far.offers(""))
    else:
        far.will_answer(answer)
        await stage.phone.client.ask(Hold(call=call))
        await far.reoffered()
    return call


async def _ended_by_ack(stage: Stage, answer: Session, keying: str) -> None:
    far = await stage.far_end(media_keying=keying)
    far.will_acknowledge(answer.text(stage.host, stage.sinks.open_udp()))
    call = await _taken(stage, far)
    entry = await stage.until_logged(call)
    assert entry.outcome is Outcome.REFUSED
    assert entry.reason == "refused: the caller offered no encryption that this account accepts"
    assert CallState.ACTIVE not in {c.state for c in stage.phone.locks(call)}


async def _taken(stage: Stage, far: FarEnd) -> str:
    await far.calls(MALLORY, "")
    return await stage.answer()
