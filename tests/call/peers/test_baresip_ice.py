"""Calls between Offhook and baresip where both use ICE."""

from __future__ import annotations

import re
from pathlib import Path

from tests.call.conftest import NewBaresip
from tests.conftest import NewPhone
from tests.support.media import sound
from tests.support.network.ports import LOOPBACK
from tests.support.peers.baresip import Wish
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall, Play, Record
from voip.protocol.phone import SipMessageEvent, Subscribe

_TALK_S = 9


async def _alice(phone: Phone, server: Kamailio, authority: Authority) -> None:
    await phone.add_secure(
        "alice", LOOPBACK, server.tls_port, authority.file, ice=True,
        # With ICE baresip 1.0 answers tag 1, whichever suite it takes.
        srtp_suites="AES_CM_128_HMAC_SHA1_80",
    )  # fmt: skip
    await phone.until_registered("alice")
    await phone.client.ask(Subscribe(sip=True))


def _candidates(phone: Phone, sent: bool) -> set[str]:
    """Kinds of candidates that a phone has sent, or received."""
    lines = [
        line
        for event in phone.events
        if isinstance(event.event, SipMessageEvent) and event.event.sent is sent
        for line in event.event.lines
    ]
    return {kind[1] for line in lines if (kind := re.match(r"a=candidate:.* typ (\w+)", line))}


async def test_offhook_calls_baresip_and_both_use_ice(
    kamailio: Kamailio, new_phone: NewPhone, new_baresip: NewBaresip, authority: Authority,
    speech: Path, other_speech: Path, place: Path,
) -> None:  # fmt: skip
    phone = await new_phone()
    await _alice(phone, kamailio, authority)
    peer = await new_baresip(kamailio, Wish(medianat="ice"))
    heard = place / "heard.wav"
    call = await phone.call("bob", play=str(speech), record=str(heard), hangup_after_s=_TALK_S)
    await peer.until("CALL_INCOMING")
    await peer.command("accept")
    await phone.until_call(lambda c: c.id == call and c.lock.closed)
    assert (await phone.until_logged(call)).outcome is Outcome.ANSWERED
    assert _candidates(phone, True) == _candidates(phone, False) == {"host"}
    await peer.stop()
    # Voice goes to nobody who has not answered a check.
    assert sound.piecewise(speech, peer.heard()) > 0.9
    assert sound.piecewise(other_speech, heard) > 0.9


async def test_baresip_calls_offhook_and_both_use_ice(
    kamailio: Kamailio, new_phone: NewPhone, new_baresip: NewBaresip, authority: Authority,
    speech: Path, place: Path,
) -> None:  # fmt: skip
    phone = await new_phone()
    await _alice(phone, kamailio, authority)
    peer = await new_baresip(kamailio, Wish(medianat="ice"))
    await peer.command("dial", "sip:alice@pbx.test")
    ringing = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    heard = place / "heard.wav"
    await phone.client.ask(AnswerCall(call=ringing.id))
    await phone.until_state(ringing.id, CallState.ACTIVE)
    await phone.client.ask(Play(call=ringing.id, path=str(speech)))
    await phone.client.ask(Record(call=ringing.id, path=str(heard)))
    await phone.until_call(
        lambda c: c.id == ringing.id and c.lock.closed and (c.quality.jitter_ms is not None)
    )
    assert _candidates(phone, True) == _candidates(phone, False) == {"host"}
    await phone.run("hangup", ringing.id)
    await peer.stop()
