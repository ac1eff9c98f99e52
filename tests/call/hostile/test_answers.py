"""What a far end answers to the phone's offer, early or late, and what it offers afterwards."""

from __future__ import annotations

import pytest

from tests.call.hostile import sessions
from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import Stage
from tests.support import sip
from voip.model import CallState, Outcome
from voip.protocol import client as told

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ANSWERS = {
    **sessions.SDES,
    "a suite that was not offered": Session("RTP/SAVP", (sip.crypto("AES_CM_128_HMAC_SHA1_32"),)),
    "a tag that was not offered": Session("RTP/SAVP", (sip.crypto(tag=9),)),
    "the suite of another tag": Session("RTP/SAVP", (sip.crypto("AEAD_AES_256_GCM", tag=4),)),
}


@pytest.mark.parametrize("code", [183, 200])
@pytest.mark.parametrize("kind", list(_ANSWERS))
async def test_an_answer_without_encryption_ends_the_call(
    stage: Stage, kind: str, code: int
) -> None:
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    far.answers(_ANSWERS[kind].text(stage.host, stage.sinks.open_udp()), code)
    entry = await stage.until_logged(call)
    assert entry.outcome is Outcome.REFUSED
    more = " that this account takes" if _ANSWERS[kind].secure else ""
    assert entry.reason == f"refused: the far end offered no encryption{more}"
    assert CallState.ACTIVE not in {c.state for c in stage.phone.locks(call)}


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("kind", list(sessions.SDES))
async def test_a_later_offer_without_encryption_is_refused_and_the_call_stays_as_it_is(
    stage: Stage, kind: str, method: str
) -> None:
    stage.lock_may_close = True
    far = await stage.far_end()
    call = await stage.call()
    await far.invited()
    far.answers()
    await stage.phone.until_call(lambda c: c.id == call and c.lock.closed)
    offer = sessions.SDES[kind].text(stage.host, stage.sinks.open_udp())
    answer = await far.answered(far.offers(offer, method), method)
    assert answer.status == 488
    (shown,) = (await stage.phone.status()).calls
    assert shown.state is CallState.ACTIVE
    assert shown.lock.closed, shown.lock.why
    await stage.phone.client.ask(told.HangUp(call=call))
    entry = await stage.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.ANSWERED, "")
