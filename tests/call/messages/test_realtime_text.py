"""Real-time text of two Offhooks through a real Kamailio, and of far ends without it."""

from __future__ import annotations

import re
import socket

import pytest

from tests.call.messages.talking import Talk, secure, talking, typed, unsafe
from tests.conftest import NewPhone
from tests.support.media import t140
from tests.support.media.srtp import KEY_BYTES, Srtp
from tests.support.network.capture import Capture, ports_of
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.kamailio import Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protection import LockReport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, Hold, Resume
from voip.protocol.people import (
    SendRealtimeText,
)
from voip.protocol.trust import GetLock

_SECRET = "Xylophon"


async def _caught(capture: Capture, talk: Talk) -> None:
    """End a capture of everything that both phones have sent."""
    for phone in (talk.alice, talk.bob):
        capture.ports |= ports_of(phone.worker_pids())
    await capture.stop()


async def test_both_see_what_is_typed_and_nobody_else_does(
    capture: Capture, kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority), (True, True))
    alice, bob = talk.alice, talk.bob
    for char in f"{_SECRET} ñ😀é":
        await alice.client.ask(SendRealtimeText(call=talk.a, text=char))
    await alice.client.ask(SendRealtimeText(call=talk.a, text="x\b\n"))
    assert await typed(bob, "\n") == f"{_SECRET} ñ😀éx\b\n"
    await bob.run("text", talk.b, "Yes, I see it")
    await typed(alice, "\n")
    both = [(f"{_SECRET} ñ😀é", talk.alice), ("Yes, I see it", talk.bob)]
    for phone in (alice, bob):
        assert await talk.lines(phone) == tuple(
            (writer is phone, text, True) for text, writer in both
        )
    report = await alice.client.get(GetLock(call=talk.a), LockReport)
    assert [(s.kind, s.srtp) for s in report.streams] == [("audio", True), ("text", True)]
    assert report.state == "closed"
    await _caught(capture, talk)
    assert await capture.shown('frame contains "I see it"') == []
    assert await capture.shown(f'frame contains "{_SECRET[:4]}"') == []
    assert t140.RED in {packet.payload_type for packet in await capture.rtp()}


async def test_text_has_keys_of_its_own_with_dtls(
    capture: Capture, kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority, media_keying="dtls"))
    for phone, call in ((talk.alice, talk.a), (talk.bob, talk.b)):
        await phone.until_call(lambda c: c.lock.closed and c.realtime_text)
        report = await phone.client.get(GetLock(call=call), LockReport)
        assert [(s.kind, s.srtp, s.keying) for s in report.streams] == [
            ("audio", True, "dtls"), ("text", True, "dtls"),
        ]  # fmt: skip
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text=f"{_SECRET}\n"))
    assert await typed(talk.bob, "\n") == f"{_SECRET}\n"
    await talk.bob.client.ask(SendRealtimeText(call=talk.b, text="I see it\n"))
    assert await typed(talk.alice, "\n") == "I see it\n"
    await talk.alice.client.ask(Hold(call=talk.a, wait=True))
    await talk.alice.client.ask(Resume(call=talk.a, wait=True))
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="Still?\n"))
    assert (await typed(talk.bob, "?\n")).endswith("Still?\n")
    await _caught(capture, talk)
    for words in (_SECRET[:4], "I see it", "Still"):
        assert await capture.shown(f'frame contains "{words}"') == []


async def test_the_text_of_a_udp_account_can_be_read_on_the_way(
    capture: Capture, kamailio: Kamailio, new_phone: NewPhone
) -> None:
    talk = await talking(new_phone, unsafe(kamailio), (True, True))
    await talk.alice.run("text", talk.a, _SECRET)
    await typed(talk.bob, "\n")
    await _caught(capture, talk)
    assert await capture.shown(f'frame contains "{_SECRET}"')


async def test_standard_input_is_sent_and_the_far_end_is_shown(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority), (True, True))
    await talk.alice.run("text", talk.a, text="one\ntwo\n")
    assert await typed(talk.bob, "two\n") == "one\ntwo\n"
    await talk.alice.run("hangup", talk.a)
    await talk.bob.until_logged(talk.b)
    _, err = await talk.alice.run("text", talk.a, "more", status=1)
    assert f"no call {talk.a}" in err


@pytest.mark.parametrize("texts", [(True, False), (False, True)], ids=["caller", "callee"])
async def test_a_call_with_who_has_no_text_is_a_call(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, texts: tuple[bool, bool]
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority), texts)
    for phone, call in ((talk.alice, talk.a), (talk.bob, talk.b)):
        found = await phone.until_call(lambda c: c.lock.closed)
        assert (found.id, found.realtime_text) == (call, False)
        _, err = await phone.run("text", call, "hello", status=1)
        assert "has no real-time text" in err


async def test_text_goes_on_after_a_hold_and_nothing_comes_twice(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await talking(new_phone, secure(kamailio, authority), (True, True))
    await talk.bob.client.ask(SendRealtimeText(call=talk.b, text="before"))
    await typed(talk.alice, "before")
    await talk.alice.client.ask(Hold(call=talk.a, wait=True))
    with pytest.raises(CommandFailed) as held:
        await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="x"))
    assert held.value.kind == "wrong_state"
    await talk.bob.until_state(talk.b, CallState.REMOTE_HELD)
    with pytest.raises(CommandFailed):
        await talk.bob.client.ask(SendRealtimeText(call=talk.b, text="x"))
    await talk.alice.client.ask(Resume(call=talk.a, wait=True))
    await talk.bob.until_call(
        lambda c: c.state is CallState.ACTIVE, since=_position(talk.bob, CallState.REMOTE_HELD)
    )
    await talk.bob.client.ask(SendRealtimeText(call=talk.b, text=" after"))
    assert await typed(talk.alice, "after") == "before after"
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="and back"))
    assert await typed(talk.bob, "back") == "and back"


def _position(phone: Phone, state: CallState) -> int:
    """Place of the event that told of a state."""
    return next(
        place
        for place, numbered in enumerate(phone.events)
        if getattr(getattr(numbered.event, "call", None), "state", None) is state
    )


@pytest.mark.parametrize("line", ["m=text 0 RTP/SAVP 98\r\n", ""], ids=["port 0", "no line at all"])
async def test_a_far_end_without_text_keeps_the_voice(phone: Phone, far: FarEnd, line: str) -> None:
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields={"realtime_text": True}))
    await phone.until_registered("alice", position)
    call = await phone.call("far")
    await far.invited()
    assert "m=text" in far.offered.body
    far.answers(far.session(far.offered) + line)
    active = await phone.until_call(lambda c: c.id == call and c.lock.closed)
    assert (active.state, active.realtime_text) == (CallState.ACTIVE, False)


async def test_an_offer_within_a_call_keeps_the_payload_types_of_the_far_end(
    phone: Phone, far: FarEnd
) -> None:
    position = len(phone.events)
    await phone.client.ask(EditAccount(name="alice", fields={"realtime_text": True}))
    await phone.until_registered("alice", position)
    text = (
        f"m=text 9 RTP/SAVP 112 111\r\n{sip.crypto()}\r\na=rtpmap:112 red/1000\r\n"
        "a=fmtp:112 111/111/111/111/111\r\na=rtpmap:111 t140/1000\r\n"
    )
    session = far.session() + text
    await far.calls('"Far" <sip:far@pbx.test>', session)
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await phone.client.ask(AnswerCall(call=call.id))
    await phone.until_call(lambda c: c.realtime_text and c.state is CallState.ACTIVE)
    for command, direction in ((Hold, "recvonly"), (Resume, "sendrecv")):
        far.will_answer(session.replace("sendrecv", direction))
        await phone.client.ask(command(call=call.id, wait=True))
        offer = far.reoffers()[-1].body
        assert "RTP/SAVP 112 111\r\n" in offer
        assert "a=fmtp:112 111/111/111/111/111\r\n" in offer
        assert "a=rtpmap:111 t140/1000\r\n" in offer
    # A far end that does not look at the numbers of an offer is heard.
    head, marker, *rest = t140.Writer(level=0).packet(b"Hello")
    packet = bytes([head, marker & 0x80 | 111, *rest])
    port = re.search(r"m=text (\d+)", offer)
    assert port is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((far.server.host, 0))
        ear.sendto(Srtp(bytes(KEY_BYTES)).protect(packet), (_host_of(offer), int(port[1])))
        assert await typed(phone, "Hello") == "Hello"


def _host_of(session: str) -> str:
    address = re.search(r"c=IN IP4 (\S+)", session)
    assert address is not None
    return address[1]
