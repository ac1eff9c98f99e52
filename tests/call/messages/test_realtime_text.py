"""Real-time text of two Offhooks through a real Kamailio, and of far ends without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.conftest import NewPhone
from tests.support.media import t140
from tests.support.network.capture import Capture, ports_of
from tests.support.network.ports import LOOPBACK
from tests.support.peers.farend import FarEnd
from tests.support.peers.kamailio import DOMAIN, Kamailio
from tests.support.phone import Phone
from tests.support.pki import Authority
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protection import LockReport
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import AnswerCall, Hold, Resume
from voip.protocol.people import (
    GetRealtimeText,
    RealtimeText,
    RealtimeTextEvent,
    SendRealtimeText,
)
from voip.protocol.trust import GetLock
from voip.texts import TypedLine

_SECRET = "Xylophon"


class Talk:
    """A call of two phones that offer text; `ids` are its numbers at each."""

    def __init__(self, alice: Phone, bob: Phone, ids: tuple[str, str]) -> None:
        self.alice, self.bob = alice, bob
        self.a, self.b = ids

    async def lines(self, phone: Phone) -> tuple[TypedLine, ...]:
        call = self.a if phone is self.alice else self.b
        return (await phone.client.get(GetRealtimeText(call=call), RealtimeText)).lines


async def _talking(
    new_phone: NewPhone, add: Callable[[Phone, str, bool], object], texts: tuple[bool, bool]
) -> Talk:
    alice, bob = await new_phone("a"), await new_phone("b")
    for phone, user, has_text in ((alice, "alice", texts[0]), (bob, "bob", texts[1])):
        done = add(phone, user, has_text)
        assert asyncio.iscoroutine(done)
        await done
        await phone.until_registered(user)
    here = await alice.call(f"bob@{DOMAIN}")
    there = await bob.until_call(lambda c: c.state is CallState.INCOMING)
    await bob.client.ask(AnswerCall(call=there.id))
    await alice.until_state(here, CallState.ACTIVE)
    await bob.until_state(there.id, CallState.ACTIVE)
    return Talk(alice, bob, (here, there.id))


def _secure(server: Kamailio, authority: Authority) -> Callable[[Phone, str, bool], object]:
    def add(phone: Phone, user: str, has_text: bool) -> object:
        return phone.add_secure(
            user, LOOPBACK, server.tls_port, authority.file, realtime_text=has_text
        )

    return add


def _open(server: Kamailio) -> Callable[[Phone, str, bool], object]:
    def add(phone: Phone, user: str, has_text: bool) -> object:
        return phone.add_open(user, LOOPBACK, server.port, realtime_text=has_text)

    return add


async def _caught(capture: Capture, talk: Talk) -> None:
    """End a capture of everything that both phones have sent."""
    for phone in (talk.alice, talk.bob):
        capture.ports |= ports_of(phone.worker_pids())
    await capture.stop()


async def _typed(phone: Phone, end: str) -> str:
    """Text that the far end has typed, once it ends like this."""
    typed = ""

    def is_whole(event: RealtimeTextEvent) -> bool:
        nonlocal typed
        if event.ours:
            return False
        came = [e.event for e in phone.events if isinstance(e.event, RealtimeTextEvent)]
        typed = "".join(one.text for one in came if not one.ours)
        return typed.endswith(end)

    await phone.until(RealtimeTextEvent, is_whole)
    return typed


async def test_both_see_what_is_typed_and_nobody_else_does(
    capture: Capture, kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await _talking(new_phone, _secure(kamailio, authority), (True, True))
    alice, bob = talk.alice, talk.bob
    for char in f"{_SECRET} ñ😀é":
        await alice.client.ask(SendRealtimeText(call=talk.a, text=char))
    await alice.client.ask(SendRealtimeText(call=talk.a, text="x\b\n"))
    assert await _typed(bob, "\n") == f"{_SECRET} ñ😀éx\b\n"
    await bob.run("text", talk.b, "Yes, I see it")
    await _typed(alice, "\n")
    both = [(f"{_SECRET} ñ😀é", talk.alice), ("Yes, I see it", talk.bob)]
    for phone in (alice, bob):
        assert await talk.lines(phone) == tuple(
            TypedLine(ours=writer is phone, text=text, ended=True) for text, writer in both
        )
    report = await alice.client.get(GetLock(call=talk.a), LockReport)
    assert [(s.kind, s.srtp) for s in report.streams] == [("audio", True), ("text", True)]
    assert report.state == "closed"
    await _caught(capture, talk)
    assert await capture.shown('frame contains "I see it"') == []
    assert await capture.shown(f'frame contains "{_SECRET[:4]}"') == []
    assert t140.RED in {packet.payload_type for packet in await capture.rtp()}


async def test_the_text_of_a_udp_account_can_be_read_on_the_way(
    capture: Capture, kamailio: Kamailio, new_phone: NewPhone
) -> None:
    talk = await _talking(new_phone, _open(kamailio), (True, True))
    await talk.alice.run("text", talk.a, _SECRET)
    await _typed(talk.bob, "\n")
    await _caught(capture, talk)
    assert await capture.shown(f'frame contains "{_SECRET}"')


async def test_standard_input_is_sent_and_the_far_end_is_shown(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await _talking(new_phone, _secure(kamailio, authority), (True, True))
    await talk.alice.run("text", talk.a, text="one\ntwo\n")
    assert await _typed(talk.bob, "two\n") == "one\ntwo\n"
    await talk.alice.run("hangup", talk.a)
    await talk.bob.until_logged(talk.b)
    _, err = await talk.alice.run("text", talk.a, "more", status=1)
    assert f"no call {talk.a}" in err


@pytest.mark.parametrize("texts", [(True, False), (False, True)], ids=["caller", "callee"])
async def test_a_call_with_who_has_no_text_is_a_call(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority, texts: tuple[bool, bool]
) -> None:
    talk = await _talking(new_phone, _secure(kamailio, authority), texts)
    for phone, call in ((talk.alice, talk.a), (talk.bob, talk.b)):
        found = await phone.until_call(lambda c: c.lock.closed)
        assert (found.id, found.realtime_text) == (call, False)
        _, err = await phone.run("text", call, "hello", status=1)
        assert "has no real-time text" in err


async def test_text_goes_on_after_a_hold_and_nothing_comes_twice(
    kamailio: Kamailio, new_phone: NewPhone, authority: Authority
) -> None:
    talk = await _talking(new_phone, _secure(kamailio, authority), (True, True))
    await talk.bob.client.ask(SendRealtimeText(call=talk.b, text="before"))
    await _typed(talk.alice, "before")
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
    assert await _typed(talk.alice, "after") == "before after"
    await talk.alice.client.ask(SendRealtimeText(call=talk.a, text="and back"))
    assert await _typed(talk.bob, "back") == "and back"


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
