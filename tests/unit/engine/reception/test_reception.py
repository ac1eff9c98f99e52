"""Calls that are refused or sent on by the rules of the phone and the account."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.standin.engine import StandIn
from voip.causes import CauseKind
from voip.choices import Forwarding
from voip.client.errors import CommandFailed
from voip.model import CallState, LogEntry, Outcome
from voip.protocol.accounts import AccountChanged, EditAccount
from voip.protocol.calls import AnswerCall, CallEvent, DeclineCall, HangUp, LogEvent
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.accounts import CloseAccount, RegisterNow
from voip.protocol.worker.calls import Answer, EndCall, Ring

BOB = '"Bob" <sip:bob@example.com>'


async def turned_away(phone: StandIn, account: str = "work", remote: str = BOB) -> LogEntry:
    """Receive a call that must not ring, and return its row of the log."""
    await phone.read_workers()
    position = len(phone.events)
    number = phone._worker_of(account).ring(account, remote).number
    row = await phone.until(LogEvent, lambda e: e.entry.ended is not None, position)
    await phone.read_workers()
    assert not [e for e in phone.events[position:] if isinstance(e.event, CallEvent | NoticeEvent)]
    assert number not in [order.call for order in phone.script.of_kind(Ring)]
    assert phone.script.of_kind(EndCall)[-1].call == number
    return row.entry


def answer(phone: StandIn) -> tuple[int, str | None]:
    """Return the status and Contact of the last answer to a call."""
    end = phone.script.of_kind(EndCall)[-1]
    return end.code, end.contact


async def edit(phone: StandIn, name: str = "work", **fields: Any) -> AccountChanged:
    return await phone.client.get(EditAccount(name=name, fields=fields), AccountChanged)


async def disturb(phone: StandIn, off: bool) -> None:
    await phone.client.ask(ChangeSettings(changes={"calls.do_not_disturb": off}))


async def test_with_do_not_disturb_no_call_rings_and_the_log_has_it(standin: StandIn) -> None:
    await standin.add_account("work")
    await disturb(standin, True)
    row = await turned_away(standin)
    assert answer(standin) == (480, None)
    assert (row.outcome, row.code, row.reason) == (Outcome.MISSED, 480, "do not disturb was on")
    await disturb(standin, False)
    assert await standin.incoming()


async def test_a_blocked_caller_learns_nothing_from_do_not_disturb(standin: StandIn) -> None:
    await standin.add_account("work", forward_always="100")
    await disturb(standin, True)
    standin.paths.blocked.write_text('[[blocked]]\naccount = "work"\naddress = "bob@example.com"\n')
    standin.engine.blocked.refresh()
    assert await standin.calls_in_vain("work", BOB) == (603,)
    assert answer(standin) == (603, None)


async def test_a_second_call_is_busy_where_the_account_says_so(standin: StandIn) -> None:
    await standin.add_account("work", call_waiting="busy")
    await standin.add_account("home", user="carol")
    first = await standin.incoming("home")
    row = await turned_away(standin)
    assert answer(standin) == (486, None)
    assert row.outcome is Outcome.MISSED
    assert row.reason == "you had another call, and the caller heard that you are busy"
    await standin.client.ask(DeclineCall(call=first))
    await standin.until_logged(first)
    assert await standin.incoming()


async def test_a_second_call_waits_with_its_tone_and_rings_once_it_is_alone(
    standin: StandIn,
) -> None:
    await standin.add_account("work")
    first = await standin.incoming()
    await standin.client.ask(AnswerCall(call=first))
    await standin.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    second = await standin.incoming(remote="<sip:carol@example.com>")
    await standin.read_workers()
    assert [ring.waiting for ring in standin.script.of_kind(Ring)] == [False, True]
    await standin.client.ask(HangUp(call=first))
    await standin.until_logged(first)
    await standin.read_workers()
    assert [ring.waiting for ring in standin.script.of_kind(Ring)] == [False, True, False]
    assert (await standin.reaches_call(second, lambda c: True)).state is CallState.INCOMING


@pytest.mark.parametrize(
    ("transport", "written", "uri"),
    [
        ("tls", "100", "sip:100@pbx.example.com;transport=tls"),
        ("tls", "sip:bob@evil.example?Route=x", None),
        ("tls", "sip:+34 600@other.example;transport=udp", None),
        ("tls", "sip:carol@other.example;transport=udp",
         "sip:carol@other.example;transport=tls"),
        ("tls", "sips:carol@other.example", "sip:carol@other.example;transport=tls"),
        ("udp", "+34 600 111 222", "sip:+34600111222@pbx.example.com"),
        ("tcp", "carol@other.example:5070", "sip:carol@other.example:5070;transport=tcp"),
        ("udp", "sips:carol@other.example", None),
    ],
)  # fmt: skip
async def test_a_target_passes_the_rules_of_dialling(
    standin: StandIn, transport: str, written: str, uri: str | None
) -> None:
    await standin.add_account("work", transport=transport)
    if uri is None:
        with pytest.raises(CommandFailed):
            await edit(standin, forward_always=written)
        assert await standin.incoming()
        return
    await edit(standin, forward_always=written)
    row = await turned_away(standin)
    assert answer(standin) == (302, uri)
    assert (row.outcome, row.code) == (Outcome.FORWARDED, 302)
    assert row.reason == f"forwarded to {written}"


async def test_busy_goes_on_only_while_there_is_another_call(standin: StandIn) -> None:
    await standin.add_account("work", call_waiting="busy", forward_busy="200")
    first = await standin.incoming()
    row = await turned_away(standin, remote="<sip:carol@example.com>")
    assert answer(standin) == (302, "sip:200@pbx.example.com;transport=tls")
    assert row.reason == "you had another call, so it was forwarded to 200"
    assert (await standin.reaches_call(first, lambda c: True)).state is CallState.INCOMING


async def rung_out(phone: StandIn, call: str) -> None:
    """Let the time of ringing pass."""
    live = phone.engine.book.find(call)
    assert live is not None
    timer = live.reception_timer
    assert timer is not None
    left = timer.when() - asyncio.get_running_loop().time()
    assert 20 < left <= 30
    timer._run()
    timer.cancel()


async def test_a_call_that_nobody_answers_goes_on(standin: StandIn) -> None:
    await standin.add_account("work", forward_unanswered="300", forward_after_s=30)
    call = await standin.incoming()
    await rung_out(standin, call)
    row = await standin.until_logged(call)
    assert answer(standin) == (302, "sip:300@pbx.example.com;transport=tls")
    assert (row.outcome, row.code) == (Outcome.FORWARDED, 302)
    assert row.reason == "not answered within 30 seconds, so it was forwarded to 300"
    ended = await standin.until(CallEvent, lambda e: e.call.state is CallState.ENDED)
    assert ended.call.cause is not None
    assert ended.call.cause.kind is CauseKind.FORWARDED_UNANSWERED


@pytest.mark.parametrize("meanwhile", ["answered", "declined", "rule removed"])
async def test_a_call_stays_here_once_somebody_has_decided(
    standin: StandIn, meanwhile: str
) -> None:
    await standin.add_account("work", forward_unanswered="300", forward_after_s=30)
    call = await standin.incoming()
    match meanwhile:
        case "answered":
            await standin.client.ask(AnswerCall(call=call))
            await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
            await rung_out(standin, call)
        case "declined":
            await standin.client.ask(DeclineCall(call=call, unavailable=True))
            assert (await standin.until_logged(call)).reason == "declined as not available"
        case _:
            await edit(standin, forward_unanswered=None)
            await rung_out(standin, call)
    await standin.read_workers()
    assert 302 not in [end.code for end in standin.script.of_kind(EndCall)]


async def test_rules_of_incoming_calls_change_while_calls_go_on(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming()
    orders = len(standin.script.orders)
    change = await edit(standin, forward_always="100", call_waiting="busy")
    assert change.ended_calls == ()
    status = await standin.reaches(lambda s: s.accounts[0].forwarding is not None)
    assert status.accounts[0].forwarding == Forwarding(always="100")
    assert [c.id for c in status.calls] == [call]
    await standin.read_workers()
    again = standin.script.orders[orders:]
    assert not [order for order in again if isinstance(order, CloseAccount | RegisterNow)]
    assert (await edit(standin, forward_always=None)).ended_calls == ()
    assert (await edit(standin, display_name="Al")).ended_calls == (call,)


async def test_a_call_is_declined_for_one_reason(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await standin.incoming()
    with pytest.raises(CommandFailed) as caught:
        await standin.client.ask(DeclineCall(call=call, busy=True, unavailable=True))
    assert str(caught.value) == "a call is declined as busy or as not available, not both"


# Calls that are answered without a person

LISTED = {"auto_answer": "asked", "auto_answer_from": "bob@example.com, +34 600 111 222"}


async def test_a_listed_caller_who_asks_is_answered_after_a_beep(standin: StandIn) -> None:
    await standin.add_account("work", **LISTED)
    call = await standin.incoming(answer_after_s=0)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    assert [order.beep for order in standin.script.of_kind(Answer)] == [True]
    notice = await standin.until(NoticeEvent, lambda e: "by itself" in e.text)
    assert notice.text == "the call of sip:bob@example.com was answered by itself"


async def rings_on(phone: StandIn, call: str) -> None:
    """Check that a call rings, and is not answered by itself even later."""
    live = phone.engine.book.find(call)
    assert live is not None
    if live.reception_timer is not None:
        live.reception_timer._run()
        live.reception_timer.cancel()
    await phone.read_workers()
    await phone.read_workers()
    assert phone.script.of_kind(Answer) == []
    assert live.state is CallState.INCOMING


@pytest.mark.parametrize(
    "remote",
    [
        '"bob@example.com" <sip:mallory@evil.example>',
        "<sip:bob@evil.example>",
        "<sip:bob@example.com.evil.example>",
        "<sip:bob%40example.com@evil.example>",
        "<sip:mallory@evil.example;user=bob@example.com>",
        '"Bob" <sip:anonymous@anonymous.invalid>',
        "<sip:00111222@pbx.example.com>",
        "<tel:+34600111223>",
        "",
        "bob@example.com, sip:mallory@evil.example",
    ],
)
@pytest.mark.parametrize("mode", ["asked", "always"])
async def test_a_stranger_is_not_answered_whatever_they_ask(
    standin: StandIn, mode: str, remote: str
) -> None:
    await standin.add_account("work", **{**LISTED, "auto_answer": mode})
    await rings_on(standin, await standin.incoming(remote=remote, answer_after_s=0))


async def test_without_the_setting_nobody_is_answered(standin: StandIn) -> None:
    await standin.add_account("work", auto_answer_from="bob@example.com")
    await rings_on(standin, await standin.incoming(answer_after_s=0))


async def test_a_listed_caller_who_does_not_ask_rings(standin: StandIn) -> None:
    await standin.add_account("work", **LISTED)
    await rings_on(standin, await standin.incoming())


async def test_no_call_is_answered_beside_another(standin: StandIn) -> None:
    await standin.add_account("work", **{**LISTED, "auto_answer": "always"})
    await standin.add_account("home", user="carol")
    await standin.incoming("home", "<sip:dave@example.com>")
    await rings_on(standin, await standin.incoming(answer_after_s=0))


async def test_no_call_is_answered_once_another_has_come_meanwhile(standin: StandIn) -> None:
    await standin.add_account("work", **LISTED)
    call = await standin.incoming(answer_after_s=60)
    await standin.incoming(remote="<sip:dave@example.com>")
    await rings_on(standin, call)


@pytest.mark.parametrize("meanwhile", ["declined", "turned off"])
async def test_no_call_is_answered_once_its_user_has_decided(
    standin: StandIn, meanwhile: str
) -> None:
    await standin.add_account("work", **LISTED)
    call = await standin.incoming(answer_after_s=60)
    if meanwhile == "turned off":
        await edit(standin, auto_answer="off")
        await rings_on(standin, call)
        return
    await standin.client.ask(DeclineCall(call=call))
    await standin.until_logged(call)
    assert standin.script.of_kind(Answer) == []


async def test_no_account_over_udp_answers_by_itself(standin: StandIn) -> None:
    await standin.add_account("work", transport="udp")
    with pytest.raises(CommandFailed, match="not over UDP"):
        await edit(standin, **LISTED)


async def test_a_target_is_written_as_the_accounts_server_takes_numbers(standin: StandIn) -> None:
    await standin.add_account("work", country="ES", plus="00", forward_always="+34 600 111 222")
    await turned_away(standin)
    assert answer(standin) == (302, "sip:0034600111222@pbx.example.com;transport=tls")


@pytest.mark.parametrize(
    ("sender", "asserted", "is_answered"),
    [
        ("<sip:bob@example.com>", None, True),
        ("<sip:bob@example.com>", "<sip:bob@example.com>", True),
        ("<sip:bob@example.com>", "<sip:mallory@evil.example>", False),
        ("<sip:mallory@evil.example>", "<sip:bob@example.com>", False),
    ],
)
async def test_only_who_is_listed_by_their_own_and_the_servers_word_is_answered(
    standin: StandIn, sender: str, asserted: str | None, is_answered: bool
) -> None:
    await standin.add_account("work", auto_answer="always", auto_answer_from="bob@example.com")
    worker = standin._worker_of("work")
    worker.ring("work", sender, asserted=asserted)
    await standin.until(CallEvent, lambda event: True)
    await standin.read_workers()
    assert bool(standin.script.of_kind(Answer)) is is_answered
