"""Reasons why a call ended or an action failed, as reported to clients."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest

from tests.conftest import NewPhone
from tests.support.peers import sip
from tests.support.peers.farend import FarEnd
from tests.support.peers.hostile import own_host
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.causes import CauseKind
from voip.model import CallState, Outcome
from voip.protocol.calls import AnswerCall, DeclineCall, DigitsEvent, HangUp, Hold
from voip.protocol.phone import Stop

_BOB = '"Bob" <sip:bob@example.com>'


async def _up(phone: Phone, far: FarEnd, body: str | None = None) -> str:
    call = await phone.call("bob")
    await far.invited()
    far.answers(body)
    await phone.until_state(call, CallState.ACTIVE)
    return call


async def _ended(phone: Phone, call: str) -> tuple[Outcome, CauseKind]:
    """End of a call, and the kind of its cause."""
    ended = await phone.until_state(call, CallState.ENDED)
    assert ended.cause is not None
    return ended.outcome, ended.cause.kind


# `call --wait`


async def test_a_call_that_ended_badly_after_its_answer_is_said_and_fails(
    phone: Phone, far: FarEnd
) -> None:
    waiting = asyncio.create_task(phone.run("call", "bob", "--wait", status=1))
    await far.invited()
    far.answers()
    call = await phone.until_call(lambda c: c.state is CallState.ACTIVE)
    # The agreed session cannot be used: the phone ends the call by itself.
    far.will_answer(sip.sdp(far.server.host, 9, "RTP/AVP"))
    await phone.client.ask(Hold(call=call.id))
    _, err = await waiting
    entry = await phone.until_logged(call.id)
    assert entry.outcome is Outcome.LOST
    assert err.splitlines()[-1] == f"offhook: {entry.reason}"
    shown, _ = await phone.run("history")
    ending = rf" lost after \d\d:\d\d.*: {re.escape(entry.reason)}  the lock was open for a time$"
    assert re.search(ending, shown.strip())
    ended = await phone.until_state(call.id, CallState.ENDED)
    assert ended.outcome is Outcome.LOST


@pytest.mark.parametrize("by", ["them", "us"])
async def test_a_call_that_somebody_ended_is_done(phone: Phone, far: FarEnd, by: str) -> None:
    waiting = asyncio.create_task(phone.run("call", "bob", "--wait"))
    await far.invited()
    far.answers()
    call = await phone.until_call(lambda c: c.state is CallState.ACTIVE)
    if by == "them":
        far.hangs_up()
    else:
        await phone.client.ask(HangUp(call=call.id))
    await waiting
    assert (await phone.until_logged(call.id)).outcome is Outcome.ANSWERED


# Incoming calls


async def _calls(phone: Phone, far: FarEnd, body: str | None = None) -> str:
    await far.calls(_BOB, body)
    return (await phone.until_call(lambda c: c.state is CallState.INCOMING)).id


async def test_a_call_that_was_answered_without_a_session_is_not_missed(
    phone: Phone, far: FarEnd
) -> None:
    far.acknowledges = False
    call = await _calls(phone, far, body="")
    await phone.client.ask(AnswerCall(call=call))
    await phone.until_state(call, CallState.CONNECTING)
    assert await _ended(phone, call) == (Outcome.FAILED, CauseKind.UNCONFIRMED)
    missed = await phone.json("history", "--search", "missed")
    assert missed["entries"] == []


async def test_a_caller_that_gives_up_is_missed(phone: Phone, far: FarEnd) -> None:
    call = await _calls(phone, far)
    far.gives_up()
    assert (await phone.until_logged(call)).outcome is Outcome.MISSED


@pytest.mark.parametrize(
    "reason", ['SIP;cause=200;text="Call completed elsewhere"', "Q.850;cause=26"]
)
async def test_a_call_that_a_colleague_answered_is_not_missed(
    phone: Phone, far: FarEnd, reason: str
) -> None:
    call = await _calls(phone, far)
    far.gives_up(f"Reason: {reason}")
    assert await _ended(phone, call) == (Outcome.ELSEWHERE, CauseKind.ELSEWHERE)
    entry = await phone.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.ELSEWHERE, "answered elsewhere")
    assert (await phone.json("history", "--missed"))["entries"] == []
    shown, _ = await phone.run("history", "--search", "elsewhere")
    assert shown.strip().endswith("elsewhere (487): answered elsewhere")
    exported, _ = await phone.run("history", "--export", "csv")
    assert ",elsewhere,487,answered elsewhere," in exported


async def test_a_call_that_was_given_up_for_another_reason_is_missed(
    phone: Phone, far: FarEnd
) -> None:
    call = await _calls(phone, far)
    far.gives_up('Reason: SIP;cause=487;text=";cause=200, SIP;cause=200"')
    assert (await phone.until_logged(call)).outcome is Outcome.MISSED


async def test_whoever_stops_the_phone_declines_nobody(phone: Phone, far: FarEnd) -> None:
    call = await _calls(phone, far)
    await phone.client.ask(Stop(force=True))
    assert await _ended(phone, call) == (Outcome.MISSED, CauseKind.PHONE_STOPPED)


@pytest.mark.parametrize(
    ("busy", "kind"), [(True, CauseKind.DECLINED_AS_BUSY), (False, CauseKind.DECLINED)]
)
async def test_what_was_declined_says_how(
    phone: Phone, far: FarEnd, busy: bool, kind: CauseKind
) -> None:
    call = await _calls(phone, far)
    await phone.client.ask(DeclineCall(call=call, busy=busy))
    assert await _ended(phone, call) == (Outcome.DECLINED, kind)


@pytest.mark.waits
async def test_a_server_that_says_nothing_at_all_is_not_a_person_who_did_not_answer(
    new_phone: NewPhone,
) -> None:
    phone = await new_phone()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((own_host(), 0))
        host, port = silent.getsockname()
        await phone.add(
            "dry", user="alice", domain=DOMAIN, transport="udp", server=f"{host}:{port}",
            register=False,
        )  # fmt: skip
        call = await phone.call("bob", account="dry")
        entry = await phone.until_logged(call)
        ended = await _ended(phone, call)
    assert entry.code == 408
    assert ended == (Outcome.FAILED, CauseKind.SERVER_SILENT)


# Tones


async def test_tones_are_sent_before_the_command_returns(phone: Phone, far: FarEnd) -> None:
    call = await _up(phone, far)
    await phone.run("dtmf", call, "12,3")
    done = await phone.until(DigitsEvent, lambda e: e.call == call)
    assert (done.lost, done.reason) == (0, None)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("we hold", "the call is on hold"),
        ("they hold", "the far end has put the call on hold"),
        ("we hang up", "the call ended"),
        ("they hang up", "the call ended"),
    ],
)
async def test_tones_that_still_waited_are_said_to_be_lost(
    phone: Phone, far: FarEnd, what: str, reason: str
) -> None:
    call = await _up(phone, far)
    sending = asyncio.create_task(phone.run("dtmf", call, f"1{'23' * 30}", status=1))
    await far.hears_a_tone()
    match what:
        case "we hold":
            await phone.client.ask(Hold(call=call))
        case "they hold":
            far.holds(True)
        case "we hang up":
            await phone.client.ask(HangUp(call=call))
        case _:
            far.hangs_up()
    _, err = await sending
    done = await phone.until(DigitsEvent, lambda e: e.call == call)
    assert done.lost > 20
    assert err.strip() == f"offhook: the last {done.lost} tones were not sent: {reason}"


async def test_no_tones_are_taken_for_a_call_on_hold(phone: Phone, far: FarEnd) -> None:
    call = await _up(phone, far)
    await phone.client.ask(Hold(call=call))
    await phone.until_state(call, CallState.HELD)
    _, err = await phone.run("dtmf", call, "1", status=1)
    assert f"call {call} is held: it cannot be sent tones now" in err
