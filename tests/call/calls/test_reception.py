"""Calls that are refused or sent on before anybody answers, on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.peers.farend import FarEnd
from tests.support.peers.kamailio import DOMAIN
from tests.support.phone import Phone
from voip.model import CallState, LogEntry, Outcome
from voip.protocol.accounts import EditAccount
from voip.protocol.calls import DeclineCall, LogEvent
from voip.protocol.settings import ChangeSettings

_BOB = '"Bob" <sip:bob@example.com>'
_CAROL = '"Carol" <sip:carol@example.com>'


async def _edit(phone: Phone, **fields: Any) -> None:
    await phone.client.ask(EditAccount(name="alice", fields=fields))


async def _logged(phone: Phone, position: int) -> LogEntry:
    event = await phone.until(LogEvent, lambda e: e.entry.ended is not None, position)
    return event.entry


def _rang(far: FarEnd) -> bool:
    return any(m.status == 180 for c in far.server.connections for m in c.messages)


async def test_with_do_not_disturb_the_caller_hears_that_nobody_is_available(
    phone: Phone, far: FarEnd
) -> None:
    await phone.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))
    position = len(phone.events)
    await far.calls(_BOB)
    refusal = await far.refusal()
    assert (refusal.status, _rang(far)) == (480, False)
    row = await _logged(phone, position)
    assert (row.outcome, row.reason) == (Outcome.MISSED, "do not disturb was on")


async def test_all_calls_go_to_the_target_alone_by_the_transport_of_the_account(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, forward_always="+34 600 111 222")
    position = len(phone.events)
    await far.calls(_BOB)
    refusal = await far.refusal()
    assert (refusal.status, _rang(far)) == (302, False)
    assert refusal.all("Contact") == [f"<sip:+34600111222@{DOMAIN};transport=tls>"]
    row = await _logged(phone, position)
    assert (row.outcome, row.code) == (Outcome.FORWARDED, 302)


async def test_a_call_that_rang_in_vain_goes_to_the_target_alone(phone: Phone, far: FarEnd) -> None:
    await _edit(phone, forward_unanswered="carol@other.example", forward_after_s=5)
    await far.calls(_BOB)
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    refusal = await far.refusal()
    assert (refusal.status, _rang(far)) == (302, True)
    assert refusal.all("Contact") == ["<sip:carol@other.example;transport=tls>"]
    row = await phone.until_logged(call.id)
    assert (row.outcome, row.code) == (Outcome.FORWARDED, 302)
    assert row.reason == (
        "not answered within 5 seconds, so it was forwarded to carol@other.example"
    )


@pytest.mark.parametrize("target", [None, "200"])
async def test_a_second_call_hears_busy_or_goes_on(
    phone: Phone, far: FarEnd, target: str | None
) -> None:
    await _edit(phone, call_waiting="busy", forward_busy=target)
    first = await phone.call("bob")
    await far.invited()
    far.answers()
    await phone.until_state(first, CallState.ACTIVE)
    await far.calls(_CAROL)
    refusal = await far.refusal()
    assert (refusal.status, _rang(far)) == (302 if target else 486, False)
    to = [f"<sip:200@{DOMAIN};transport=tls>"] if target else []
    assert refusal.all("Contact") == to
    assert (await phone.status()).calls[0].state is CallState.ACTIVE


async def test_a_call_is_declined_as_not_available(phone: Phone, far: FarEnd) -> None:
    await far.calls(_BOB)
    call = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await phone.client.ask(DeclineCall(call=call.id, unavailable=True))
    assert (await far.refusal()).status == 480
    row = await phone.until_logged(call.id)
    assert (row.outcome, row.reason) == (Outcome.DECLINED, "declined as not available")


# Calls that are answered without a person

_ASKS = "Call-Info: <sip:intercom.example.com>;answer-after=0"


@pytest.mark.parametrize(
    "asks", [_ASKS, "Alert-Info: <http://www.notused.com>;info=alert-autoanswer;delay=1"]
)
async def test_a_listed_caller_who_asks_is_answered_with_a_closed_lock(
    phone: Phone, far: FarEnd, asks: str
) -> None:
    await _edit(phone, auto_answer="asked", auto_answer_from="bob@example.com")
    far.headers = (asks,)
    await far.calls(_BOB)
    call = await phone.until_call(lambda c: c.state is CallState.ACTIVE and c.lock.closed)
    assert call.remote.uri == "sip:bob@example.com"
    far.hangs_up()
    assert (await phone.until_logged(call.id)).outcome is Outcome.ANSWERED


async def test_a_listed_caller_without_encryption_is_not_answered(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, auto_answer="always", auto_answer_from="bob@example.com")
    position = len(phone.events)
    await far.calls(_BOB, far.session().replace("RTP/SAVP", "RTP/AVP"))
    assert (await far.refusal()).status == 488
    assert (await _logged(phone, position)).outcome is Outcome.REFUSED


async def test_a_listed_caller_who_asks_only_rings_beside_another_call(
    phone: Phone, far: FarEnd
) -> None:
    await _edit(phone, auto_answer="always", auto_answer_from="bob@example.com")
    first = await phone.call("carol")
    await far.invited()
    far.answers()
    await phone.until_state(first, CallState.ACTIVE)
    far.headers = (_ASKS,)
    await far.calls(_BOB)
    second = await phone.until_call(lambda c: c.state is CallState.INCOMING)
    await far.server.until(lambda m: m.status == 180)
    await phone.client.ask(DeclineCall(call=second.id))
    assert (await far.refusal()).status == 603
    assert (await phone.until_logged(second.id)).answered is None
    assert (await phone.status()).calls[0].state is CallState.ACTIVE
