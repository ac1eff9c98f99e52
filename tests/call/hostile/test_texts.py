"""Real-time text without encryption beside a voice that is encrypted."""

from __future__ import annotations

import pytest

from tests.call.hostile.sessions import Session
from tests.call.hostile.stage import MALLORY, Stage
from tests.support.peers import sip
from voip.model import CallState

pytestmark = pytest.mark.asyncio(loop_scope="session")

_REFUSED = (406, 480, 488)
_T140 = "a=rtpmap:98 t140/1000"

_PLAIN_TEXT = {
    "plain": ("m=text {spare} RTP/AVP 98", _T140),
    "plain with a key": ("m=text {spare} RTP/AVP 98", _T140, sip.crypto()),
    "no key": ("m=text {spare} RTP/SAVP 98", _T140),
    "a key of nobody": ("m=text {spare} RTP/SAVP 98", _T140, sip.crypto("ROT13")),
}

_LEFT_OUT = ("plain", "plain with a key")
"""Those that promise no encryption: the voice beside them does."""


def _session(kind: str) -> Session:
    """Good voice with text beside it that nothing protects."""
    return Session("RTP/SAVP", (sip.crypto(),), below=_PLAIN_TEXT[kind])


@pytest.mark.parametrize("kind", _LEFT_OUT)
async def test_plain_text_beside_encrypted_voice_is_left_out(stage: Stage, kind: str) -> None:
    stage.lock_may_close = True
    far = await stage.far_end(realtime_text=True)
    voice, text = stage.sinks.open_unwatched(), stage.sinks.open_udp()
    await far.calls(MALLORY, _session(kind).text(stage.host, voice, text))
    call = await stage.answer()
    now = await stage.phone.until_call(lambda c: c.id == call and c.lock.closed)
    assert not now.realtime_text


@pytest.mark.parametrize("kind", [kind for kind in _PLAIN_TEXT if kind not in _LEFT_OUT])
async def test_an_offer_of_text_without_its_keys_is_refused(stage: Stage, kind: str) -> None:
    far = await stage.far_end(realtime_text=True)
    voice, text = stage.sinks.open_unwatched(), stage.sinks.open_udp()
    await far.calls(MALLORY, _session(kind).text(stage.host, voice, text))
    answer = await far.refusal()
    assert answer.status in _REFUSED, answer.first
    entry = await stage.until_refused()
    assert entry.reason == "refused: the caller offered no encryption that this account accepts"


@pytest.mark.parametrize("kind", list(_PLAIN_TEXT))
async def test_an_answer_of_plain_text_gets_none(stage: Stage, kind: str) -> None:
    stage.lock_may_close = True
    far = await stage.far_end(realtime_text=True)
    voice, text = stage.sinks.open_unwatched(), stage.sinks.open_udp()
    call = await stage.call()
    await far.invited()
    assert "m=text" in far.offered.body
    far.answers(_session(kind).text(stage.host, voice, text))
    now = await stage.phone.until_call(
        lambda c: c.id == call and (c.lock.closed or c.state is CallState.ENDED)
    )
    assert not now.realtime_text
