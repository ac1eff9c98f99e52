"""A refused change leaves the call as it was, SRTP first of all."""

from __future__ import annotations

import pytest

from tests.call.hostile import sessions
from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from voip.model import CallState
from voip.protocol.calls import Hold, Resume

pytestmark = pytest.mark.asyncio(loop_scope="session")

_KINDS = {
    "a short authentication tag": sessions.SDES[
        "a short authentication tag, which was not offered"
    ],
    "a fingerprint in place of keys": sessions.SDES_LATER["a fingerprint in place of keys"],
    "a session parameter": sessions.SDES["a parameter of nobody"],
    "no keys": sessions.SDES["no keys"],
    "plain": sessions.SDES["plain"],
    "keys over TCP": sessions.SDES["keys over TCP"],
    "no codec that the phone has": Session(
        "RTP/SAVP", (sip.crypto(),), changes=((r"^m=audio (\d+) (\S+) .*", r"m=audio \1 \2 4 5"),)
    ),
}


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("kind", list(_KINDS))
async def test_the_phones_own_hold_is_offered_with_srtp(
    stage: Stage, kind: str, method: str
) -> None:
    far, call = await stage.up()
    await _refused(stage, far, _KINDS[kind], method)
    await _held_and_resumed(stage, far, call)


@pytest.mark.parametrize("kind", list(_KINDS))
async def test_so_it_is_in_a_call_that_came_in(stage: Stage, kind: str) -> None:
    stage.lock_may_close = True
    far = await stage.far_end()
    await far.calls(MALLORY)
    call = await stage.answer()
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed)
    await _refused(stage, far, _KINDS[kind], "INVITE")
    await _held_and_resumed(stage, far, call)


async def test_so_it_is_after_one_refusal_upon_another_and_while_the_call_is_held(
    stage: Stage,
) -> None:
    far, call = await stage.up()
    for kind in _KINDS.values():
        await _refused(stage, far, kind, "INVITE")
    await _hold(stage, call, on=True)
    for kind in _KINDS.values():
        await _refused(stage, far, kind, "UPDATE", CallState.HELD)
    await _hold(stage, call, on=False)
    for message in far.reoffers():
        _has_srtp(message)
    await _held_and_resumed(stage, far, call)


async def _refused(
    stage: Stage, far: FarEnd, offer: Session, method: str, state: CallState = CallState.ACTIVE
) -> None:
    body = offer.text(stage.host, stage.sinks.open_udp())
    answer = await far.answered(far.offers(body, method), method)
    assert answer.status in (415, 488, 500), answer.first
    (shown,) = (await stage.phone.status()).calls
    assert (shown.state, shown.lock.closed) == (state, True), shown.lock.why


async def _held_and_resumed(stage: Stage, far: FarEnd, call: str) -> None:
    before = len(far.reoffers())
    await _hold(stage, call, on=True)
    await _hold(stage, call, on=False)
    offers = far.reoffers()[before:]
    assert len(offers) == 2
    for message in offers:
        _has_srtp(message)


async def _hold(stage: Stage, call: str, *, on: bool) -> None:
    position = len(stage.phone.events)
    command = Hold(call=call, wait=True) if on else Resume(call=call, wait=True)
    await stage.phone.client.ask(command)
    target_state = CallState.HELD if on else CallState.ACTIVE
    shown = await stage.phone.until_call(
        lambda c: c.id == call and c.state is target_state, position
    )
    assert shown.lock.closed, shown.lock.why


def _has_srtp(message: sip.Message) -> None:
    (line,) = [x for x in message.body.splitlines() if x.startswith("m=audio")]
    assert " RTP/SAVP " in line
    assert "a=crypto:" in message.body
