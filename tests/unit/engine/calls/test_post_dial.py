"""Tones of a dial string: after the answer, in order, and no further than each “;”."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from tests.support.standin.worker import ANSWERS
from voip.causes import Cause, CauseKind
from voip.client.errors import CommandFailed
from voip.model import CallState, PostDial
from voip.protocol.calls import CallEvent, CallStarted, Hold, PlaceCall, Resume, SendRest
from voip.protocol.people import LookedUp, LookUp
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import WorkerCommand
from voip.protocol.worker.calls import Digits, StartCall

_ON_HOLD = Cause(CauseKind.DIGITS_HELD_HERE)


def pieces(phone: StandIn) -> list[str]:
    """Return the digits that the worker was asked to send, piece by piece."""
    return [order.digits for order in phone.script.orders if isinstance(order, Digits)]


async def waits(phone: StandIn, call: str) -> PostDial:
    shown = await phone.reaches_call(call, lambda c: c.post_dial is not None and c.post_dial.waits)
    assert shown.post_dial is not None
    return shown.post_dial


async def test_tones_are_sent_once_the_call_is_active(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100,,55#")
    (start,) = [o for o in standin.script.orders if isinstance(o, StartCall)]
    assert start.uri == "sip:100@pbx.example.com;transport=tls"
    standin.remote_rings(call)
    ringing = await standin.reaches_call(call, lambda c: c.state is CallState.RINGING)
    assert ringing.post_dial == PostDial(sent=0, total=3)
    assert pieces(standin) == []
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.post_dial is None)
    assert pieces(standin) == [",,55#"]
    assert standin.digits_sent(call) == ",,55#"
    progress = [e.event.call.post_dial for e in standin.events if isinstance(e.event, CallEvent)]
    assert PostDial(sent=0, total=3, begun=True) in progress


async def test_a_semicolon_waits_for_the_user(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100;1,2;;3")
    with pytest.raises(CommandFailed, match="no tones wait in call"):
        await standin.client.ask(SendRest(call=call))
    standin.remote_answers(call)
    assert await waits(standin, call) == PostDial(sent=0, total=3, begun=True, waits=True)
    assert pieces(standin) == []
    await standin.client.ask(SendRest(call=call))
    await standin.reaches_call(call, lambda c: c.post_dial is not None and c.post_dial.sent == 2)
    assert await waits(standin, call) == PostDial(sent=2, total=3, begun=True, waits=True)
    assert pieces(standin) == ["1,2"]
    await standin.client.ask(SendRest(call=call))  # of “;;” the second waits too
    await waits(standin, call)
    await standin.client.ask(SendRest(call=call))
    await standin.reaches_call(call, lambda c: c.post_dial is None)
    assert pieces(standin) == ["1,2", "3"]
    with pytest.raises(CommandFailed) as caught:
        await standin.client.ask(SendRest(call=call))
    assert caught.value.kind == "wrong_state"


async def test_waiting_tones_are_not_sent_on_hold(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.call("100;1")
    standin.remote_answers(call)
    await waits(standin, call)
    await standin.client.ask(Hold(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.HELD)
    with pytest.raises(CommandFailed, match="is held: no tones can be sent now"):
        await standin.client.ask(SendRest(call=call))
    await standin.client.ask(Resume(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    assert pieces(standin) == []
    await standin.client.ask(SendRest(call=call))
    await standin.reaches_call(call, lambda c: c.post_dial is None)
    assert pieces(standin) == ["1"]


async def test_refused_tones_are_said_and_end_the_dial_string(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.script.refused[Digits] = "the far end accepts no tones in this call"
    call = await standin.call("100,5;6")
    standin.remote_answers(call)
    notice = await standin.until(NoticeEvent, lambda e: "dial string" in e.text)
    assert notice.text.endswith("the far end accepts no tones in this call")
    assert notice.text.startswith("the tones of the dial string were not sent: ")
    await standin.reaches_call(call, lambda c: c.post_dial is None)


async def test_no_tone_follows_a_lost_one(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    await standin.add_account("work")
    call = await standin.call("100;5;6")
    standin.remote_answers(call)
    await waits(standin, call)
    # A lost tone of the keypad is not one of the dial string.
    standin.loses_digits(call, 1, _ON_HOLD)
    await standin.read_workers()
    await waits(standin, call)
    kind: type[WorkerCommand] = Digits
    monkeypatch.setitem(ANSWERS, kind, lambda *_: None)
    await standin.client.ask(SendRest(call=call))
    standin.loses_digits(call, 1, _ON_HOLD)
    await standin.reaches_call(call, lambda c: c.post_dial is None)
    assert pieces(standin) == ["5"]


async def test_dial_string_of_a_contact(standin: StandIn) -> None:
    await standin.add_account("work")
    standin.paths.contacts.mkdir(exist_ok=True)
    lines = ("BEGIN:VCARD", "VERSION:3.0", "FN:Bob", "TEL:+34 600p12w3", "END:VCARD", "")
    (standin.paths.contacts / "bob.vcf").write_text("\r\n".join(lines))
    found = await standin.client.get(LookUp(text="Bob"), LookedUp)
    assert (found.uri, found.tones) == ("sip:+34600@pbx.example.com;transport=tls", ",12;3")
    call = await standin.call("Bob")
    standin.remote_answers(call)
    assert (await waits(standin, call)).sent == 2
    assert pieces(standin) == [",12"]


@pytest.mark.parametrize(
    ("typed", "uri", "tones"),
    [
        ("100,,55#", "sip:100@pbx.example.com", ",,55#"),
        ("+34 600 111 222;5", "sip:+34600111222@pbx.example.com", ";5"),
        ("100p5w6,", "sip:100@pbx.example.com", ",5;6"),
        ("*21#,1", "sip:*21%23@pbx.example.com", ",1"),
    ],
)
async def test_look_up_says_what_follows(
    standin: StandIn, typed: str, uri: str, tones: str
) -> None:
    await standin.add_account("work")
    found = await standin.client.get(LookUp(text=typed), LookedUp)
    assert (found.uri, found.tones, found.problem) == (f"{uri};transport=tls", tones, None)


@pytest.mark.parametrize(
    "typed",
    [
        "600 100, 600 200",
        "100,5 6",
        "100,",
        "100,A",
        "100 ext. 5",
        "100;ext=5",
        "bob,5",
        "tel:100;postd=5",
        f"100,{'1' * 64}",
        "100,5@pbx.example.com;x",
    ],
)
async def test_what_is_no_dial_string_sends_no_tones(standin: StandIn, typed: str) -> None:
    await standin.add_account("work")
    assert (await standin.client.get(LookUp(text=typed), LookedUp)).tones == ""


async def test_caller_chooses_no_tones_for_the_call_back(standin: StandIn) -> None:
    await standin.add_account("work")
    back = PlaceCall(target="sip:100,,5@pbx.example.com", account="work", back=True)
    started = await standin.client.get(back, CallStarted)
    standin.remote_answers(started.call)
    active = await standin.reaches_call(started.call, lambda c: c.state is CallState.ACTIVE)
    assert active.post_dial is None
    assert pieces(standin) == []
