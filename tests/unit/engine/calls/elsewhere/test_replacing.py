"""Callers who take the place of another: what moves over, and what stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.standin import facts
from tests.support.standin.engine import StandIn
from voip.causes import CauseKind
from voip.engine.calls.live import LiveCall, Voice
from voip.engine.errors import Refusal
from voip.model import Call, CallState, LogEntry, Outcome
from voip.protection import Keying, Transport
from voip.protocol.calls import (
    CallEvent,
    HangUp,
    Hold,
    JoinCalls,
    LogEvent,
    Mute,
    Resume,
    TransferCall,
)
from voip.protocol.phone import NoticeEvent
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.base import WorkerCommand
from voip.protocol.worker.calls import (
    Answer,
    EndCall,
    GiveVoice,
    HoldCall,
    IncomingCall,
    MuteCall,
    Ring,
)
from voip.protocol.worker.process import AnyWorkerCommand

CAROL = '"Carol" <sip:carol@example.com>'


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    await standin.add_account("work")
    return standin


async def placed(phone: StandIn, target: str = "100", **options: Any) -> str:
    call = await phone.call(target, account="work", **options)
    phone.remote_answers(call)
    await phone.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


def asks(phone: StandIn, call: str, account: str = "work", remote: str = CAROL) -> int:
    """Receive a call that asks for the place in another; return its number."""
    live = phone.engine.book.find(call)
    assert live is not None
    return phone._worker_of(account).ring(account, remote, replaces=live.number).number


async def taken(phone: StandIn, call: str, since: int) -> tuple[Call, LogEntry]:
    """The new call, and the row of the one that has ended for it."""
    entry = await phone.until_logged(call)
    await phone.read_workers()
    new = await phone.until_call(lambda c: c.id != call and c.in_place_of is not None, since)
    (shown,) = (await phone.status()).calls
    assert shown.id == new.id
    return shown, entry


async def refused(phone: StandIn, number: int, since: int) -> tuple[int, LogEntry]:
    """Status by which a caller was refused, and the row."""
    event = await phone.until(LogEvent, lambda e: e.entry.ended is not None, since)
    await phone.read_workers()
    assert number not in [order.call for order in phone.script.of_kind(Answer)]
    assert number not in [order.call for order in phone.script.of_kind(Ring)]
    (end,) = [order for order in phone.script.of_kind(EndCall) if order.call == number]
    return end.code, event.entry


async def test_the_voice_moves_over_and_the_other_call_ends(phone: StandIn) -> None:
    call = await placed(phone)
    since = len(phone.events)
    number = asks(phone, call)
    new, entry = await taken(phone, call, since)
    assert (new.state, new.muted, new.remote.name) == (CallState.ACTIVE, False, "Carol")
    assert new.in_place_of is not None
    assert new.in_place_of.uri.startswith("sip:100@")
    words = "carol@example.com took the place of 100@pbx.example.com"
    assert (entry.outcome, entry.reason) == (Outcome.TRANSFERRED, words)
    assert await phone.until(NoticeEvent, lambda e: e.text == words, since)
    orders = [
        order
        for order in phone.script.orders
        if isinstance(order, Answer | GiveVoice | HoldCall | EndCall)
    ]
    assert orders == [
        Answer(call=number, voice=False),
        GiveVoice(call=int(call), on=False),
        GiveVoice(call=number),
        EndCall(call=int(call), code=486),
    ]
    assert phone.script.of_kind(Ring) == []
    events = [e.event for e in phone.events[since:]]
    shown = [e.call.state for e in events if isinstance(e, CallEvent)]
    assert CallState.INCOMING not in shown
    await phone.client.ask(HangUp(call=new.id))
    row = await phone.until_logged(new.id)
    assert (row.outcome, row.reason) == (Outcome.ANSWERED, words)
    ended = await phone.until_call(lambda c: c.id == new.id and c.state is CallState.ENDED)
    assert ended.cause is not None
    assert ended.cause.kind is CauseKind.REPLACED


async def test_a_muted_user_stays_muted_before_the_voice_comes(phone: StandIn) -> None:
    call = await placed(phone)
    await phone.client.ask(Mute(call=call))
    since = len(phone.events)
    number = asks(phone, call)
    new, _ = await taken(phone, call, since)
    assert new.muted
    orders = [o for o in phone.script.orders if isinstance(o, MuteCall | GiveVoice)]
    assert orders[1:] == [
        MuteCall(call=number),
        GiveVoice(call=int(call), on=False),
        GiveVoice(call=number),
    ]


@pytest.mark.parametrize("how", ["held", "file"])
async def test_without_the_voice_the_new_call_is_held(
    phone: StandIn, how: str, speech_file: object
) -> None:
    call = await placed(phone, **({"play": str(speech_file)} if how == "file" else {}))
    if how == "held":
        await phone.client.ask(Hold(call=call, wait=True))
    since = len(phone.events)
    number = asks(phone, call)
    new, _ = await taken(phone, call, since)
    assert new.state is CallState.HELD
    assert phone.script.of_kind(HoldCall)[-1] == HoldCall(call=number)
    assert GiveVoice(call=number) not in phone.script.orders


async def test_the_voice_of_another_call_stays_there(phone: StandIn) -> None:
    first = await placed(phone)
    second = await placed(phone, "200")
    since = len(phone.events)
    number = asks(phone, first)
    await phone.until_logged(first)
    new = await phone.until_call(
        lambda c: c.in_place_of is not None and c.state is CallState.HELD, since
    )
    states = {c.id: c.state for c in (await phone.status()).calls}
    assert states == {second: CallState.ACTIVE, new.id: CallState.HELD}
    assert GiveVoice(call=number) not in phone.script.orders


@pytest.mark.parametrize("active", [True, False], ids=["no keys", "no stream"])
async def test_the_other_goes_on_until_the_keys_are_there(
    phone: StandIn, monkeypatch: pytest.MonkeyPatch, active: bool
) -> None:
    call = await placed(phone)
    worker = phone._worker_of("work")
    answers = worker.take
    without = replace(facts.voice(srtp=False, keying=Keying.DTLS), active=active)
    monkeypatch.setattr(worker, "take", lambda taken: answers(taken, without))
    number = asks(phone, call)
    await phone.reaches(lambda s: [c.state for c in s.calls] == [CallState.ACTIVE] * 2)
    await phone.read_workers()
    assert phone.script.of_kind(GiveVoice) == []
    assert phone.script.of_kind(EndCall) == []
    scripted = worker.calls[number]
    scripted.stream = facts.voice(srtp=True, keying=Keying.DTLS)
    worker.report_media(scripted)
    assert (await phone.until_logged(call)).outcome is Outcome.TRANSFERRED


async def test_a_call_that_fails_leaves_the_other_alone(phone: StandIn) -> None:
    call = await placed(phone)
    phone.script.refused[Answer] = "no way"
    since = len(phone.events)
    asks(phone, call)
    await phone.until_call(lambda c: c.id != call and c.state is CallState.ENDED, since)
    (shown,) = (await phone.status()).calls
    assert (shown.id, shown.state) == (call, CallState.ACTIVE)
    assert phone.script.of_kind(GiveVoice) == []


@pytest.mark.parametrize("kind", [MuteCall, GiveVoice])
async def test_a_voice_that_cannot_move_stays(phone: StandIn, kind: type[WorkerCommand]) -> None:
    call = await placed(phone)
    await phone.client.ask(Mute(call=call))
    phone.script.refused[kind] = "no way"
    since = len(phone.events)
    asks(phone, call)
    await phone.until_call(lambda c: c.id != call and c.state is CallState.ENDED, since)
    (shown,) = (await phone.status()).calls
    assert (shown.id, shown.state, shown.muted) == (call, CallState.ACTIVE, True)
    live = phone.engine.book.find(call)
    assert live is not None
    assert live.voice is Voice.HERE
    del phone.script.refused[kind]
    number = asks(phone, call)
    await phone.until_logged(call)
    assert phone.script.of_kind(GiveVoice)[-1] == GiveVoice(call=number)


async def test_a_voice_that_the_new_call_cannot_have_goes_back(
    phone: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await placed(phone)
    since = len(phone.events)
    microphone = phone.engine.calls.conferences.microphone
    ask = microphone._ask

    async def refuse(to: LiveCall, command: AnyWorkerCommand) -> None:
        if command == GiveVoice(call=to.number) and to.in_place_of is not None:
            raise Refusal("call_failed", "no way")
        await ask(to, command)

    monkeypatch.setattr(microphone, "_ask", refuse)
    asks(phone, call)
    await phone.until_call(lambda c: c.id != call and c.state is CallState.ENDED, since)
    (shown,) = (await phone.status()).calls
    assert (shown.id, shown.state) == (call, CallState.ACTIVE)
    orders = phone.script.of_kind(GiveVoice)
    assert orders == [GiveVoice(call=int(call), on=False), GiveVoice(call=int(call))]


async def test_a_user_who_speaks_elsewhere_by_then_is_not_taken_away(phone: StandIn) -> None:
    await phone.add_account("open", transport=Transport.UDP.value)
    second = await phone.call("200", account="open")
    phone.remote_answers(second)
    await phone.reaches_call(second, lambda c: c.state is CallState.ACTIVE)
    call = await placed(phone)
    answer = phone.script.hold(Answer)
    number = asks(phone, call)
    await answer.come()
    phone.remote_hangs_up(call)
    await phone.until_logged(call)
    await phone.client.ask(Resume(call=second))
    answer.release()
    await phone.until_call(lambda c: c.in_place_of is not None and c.state is CallState.HELD)
    assert GiveVoice(call=number) not in phone.script.orders
    assert (await phone.reaches_call(second, lambda c: True)).state is CallState.ACTIVE


@pytest.mark.parametrize("what", ["another account", "conference", "transfer", "dialing"])
async def test_what_may_not_be_replaced_goes_on(phone: StandIn, what: str) -> None:
    await phone.add_account("home", user="bob")
    call = await placed(phone) if what != "dialing" else await phone.call("100", account="work")
    if what == "conference":
        other = await placed(phone, "200")
        await phone.client.ask(JoinCalls(calls=(call, other)))
    if what == "transfer":
        await phone.client.ask(TransferCall(call=call, target="200"))
    before = (await phone.status()).calls
    since = len(phone.events)
    number = asks(phone, call, "home" if what == "another account" else "work")
    code, row = await refused(phone, number, since)
    assert code == (481 if what == "another account" else 603)
    assert row.outcome is Outcome.REFUSED
    after = (await phone.status()).calls
    assert [(c.id, c.state) for c in after] == [(c.id, c.state) for c in before]


async def test_a_connection_that_is_not_verified_names_no_call(phone: StandIn) -> None:
    call = await placed(phone)
    since = len(phone.events)
    asking = IncomingCall(-7, "work", CAROL, connection=None, replaces=int(call))
    phone._worker_of("work").send(asking)
    code, row = await refused(phone, -7, since)
    assert (code, row.outcome) == (481, Outcome.REFUSED)


async def test_the_rules_of_ringing_are_not_asked(phone: StandIn) -> None:
    await phone.add_account("home", user="bob", forward_always="300", call_waiting="busy")
    await phone.client.ask(ChangeSettings(changes={"calls.do_not_disturb": True}))
    call = await phone.call("100", account="home")
    phone.remote_answers(call)
    await phone.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    since = len(phone.events)
    asks(phone, call, "home")
    new, _ = await taken(phone, call, since)
    assert new.remote.name == "Carol"


async def test_a_blocked_caller_takes_no_place(phone: StandIn) -> None:
    blocked = '[[blocked]]\naccount = "work"\naddress = "carol@example.com"\n'
    phone.paths.blocked.write_text(blocked)
    phone.engine.blocked.refresh()
    call = await placed(phone)
    since = len(phone.events)
    code, row = await refused(phone, asks(phone, call), since)
    assert (code, row.outcome) == (603, Outcome.BLOCKED)


@pytest.mark.parametrize("who", ["user", "far end"])
async def test_when_the_other_has_ended_first(phone: StandIn, who: str) -> None:
    """A user who hangs up is not put through; one who is left alone is."""
    call = await placed(phone)
    since = len(phone.events)
    answer = phone.script.hold(Answer)
    number = asks(phone, call)
    await answer.come()
    if who == "user":
        ending = asyncio.create_task(phone.client.ask(HangUp(call=call)))
        await phone.status()
        answer.release()
        await ending
    else:
        phone.remote_hangs_up(call)
        before = await phone.until_logged(call)
        assert (before.outcome, before.reason) == (Outcome.ANSWERED, "")
        answer.release()
        # More is known once the new call is up.
        row = await phone.until(
            LogEvent, lambda e: e.entry.id == call and e.entry.outcome is Outcome.TRANSFERRED
        )
        assert row.entry.reason.endswith(" took the place of 100@pbx.example.com")
        assert row.entry.ended == before.ended
    await phone.until_logged(call)
    if who == "user":
        await phone.until_call(lambda c: c.id != call and c.state is CallState.ENDED, since)
        assert phone.script.of_kind(GiveVoice) == []
    else:
        assert await phone.script.until(GiveVoice) == [GiveVoice(call=number)]
    assert len((await phone.status()).calls) == (who == "far end")


async def test_the_time_that_was_left_is_left(phone: StandIn) -> None:
    call = await placed(phone, hangup_after_s=3600.0)
    since = len(phone.events)
    asks(phone, call)
    new, _ = await taken(phone, call, since)
    live = phone.engine.book.find(new.id)
    assert live is not None
    assert live.hangup_timer is not None


async def test_over_udp_there_is_no_connection_to_verify(standin: StandIn) -> None:
    await standin.add_account("work", transport=Transport.UDP.value)
    call = await placed(standin)
    since = len(standin.events)
    asks(standin, call)
    await taken(standin, call, since)
