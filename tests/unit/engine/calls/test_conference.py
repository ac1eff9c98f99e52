"""Conferences: commands to the worker, and what a change of a call does."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.model import CallState, Conference
from voip.protection import Keying, LockReport, Transport
from voip.protocol.calls import (
    AnswerCall,
    ConferenceEvent,
    EndConference,
    HangUp,
    Hold,
    JoinCalls,
    LeaveConference,
    Mute,
    Play,
    Resume,
    SilenceParty,
    TakeOut,
    TalkAside,
)
from voip.protocol.phone import NoticeEvent
from voip.protocol.trust import CompareWords, GetLock
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import (
    Answer,
    GiveVoice,
    HoldCall,
    MediaEvent,
    MixCalls,
    MuteCall,
    PlayFile,
    StatisticsEvent,
)

_OF_PARTIES = (MixCalls, HoldCall, MuteCall, GiveVoice)


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    await standin.add_account("open", transport=Transport.UDP.value)
    await standin.add_account("work")
    return standin


async def up(phone: StandIn, account: str = "work", number: str = "100") -> str:
    call = await phone.call(number, account=account)
    phone.remote_answers(call)
    await phone.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


async def joined(phone: StandIn, parties: int, account: str = "work") -> list[str]:
    calls = [await up(phone, account, str(100 + number)) for number in range(parties)]
    await phone.client.ask(JoinCalls(calls=tuple(calls)))
    for call in calls:
        await phone.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    await settled(phone)
    return calls


async def settled(phone: StandIn) -> None:
    """Wait for what the engine does by itself after a worker's report."""
    await phone.read_workers()
    await phone.read_workers()


async def conference(phone: StandIn) -> Conference:
    (found,) = (await phone.status()).conferences
    return found


def orders(phone: StandIn) -> list[object]:
    return [order for order in phone.script.orders if isinstance(order, _OF_PARTIES)]


def mix(phone: StandIn) -> dict[int, tuple[set[int], bool, bool]]:
    """Return the last mix: whom each call hears, and if it hears and is heard by the user."""
    last = [order for order in phone.script.orders if isinstance(order, MixCalls)][-1]
    return {c.call: (set(c.hears), c.voice, c.heard) for c in last.calls}


async def test_parties_hear_each_other_and_the_user(phone: StandIn) -> None:
    await joined(phone, 3)
    assert mix(phone) == {
        1: ({2, 3}, True, True),
        2: ({1, 3}, True, True),
        3: ({1, 2}, True, True),
    }
    assert (await conference(phone)).calls == ("1", "2", "3")


async def test_the_user_is_muted_for_all_parties(phone: StandIn) -> None:
    first, second = await up(phone), await up(phone, number="200")
    third = await up(phone, number="300")
    await phone.client.ask(Mute(call=second))
    before = len(orders(phone))
    await phone.client.ask(JoinCalls(calls=(first, second)))
    sent = orders(phone)[before:]
    # Before the two can hear the user.
    assert sent.index(MuteCall(call=1, on=True)) < next(
        place for place, order in enumerate(sent) if isinstance(order, MixCalls)
    )
    await phone.client.ask(Mute(call=first, on=False))
    await phone.client.ask(JoinCalls(calls=(first, third)))
    await phone.client.ask(Mute(call=third))
    assert [call.muted for call in (await phone.status()).calls] == [True, True, True]


async def test_the_microphone_leaves_another_call_before_it_is_shared(phone: StandIn) -> None:
    first, second, _ = await up(phone), await up(phone), await up(phone, "open")
    before = len(orders(phone))
    await phone.client.ask(JoinCalls(calls=(first, second)))
    assert orders(phone)[before] == HoldCall(call=3)


async def test_a_party_that_is_taken_out_is_on_hold_first(phone: StandIn) -> None:
    await joined(phone, 3)
    before = len(orders(phone))
    left = await phone.client.get(TakeOut(call="2"), Conference)
    assert (left.calls, left.here) == (("1", "3"), True)
    sent = [order for order in orders(phone)[before:] if isinstance(order, HoldCall | MixCalls)]
    assert [type(order) for order in sent] == [HoldCall, MixCalls]
    assert sent[0] == HoldCall(call=2)
    assert mix(phone) == {1: ({3}, True, True), 3: ({1}, True, True)}
    await phone.reaches_call("2", lambda c: c.state is CallState.HELD and c.conference is None)


async def test_the_last_party_is_an_ordinary_call_when_the_other_is_taken_out(
    phone: StandIn,
) -> None:
    await joined(phone, 2)
    left = await phone.client.get(TakeOut(call="2"), Conference)
    assert (left.calls, left.here) == ((), False)
    await phone.reaches_call("1", lambda c: c.state is CallState.ACTIVE and c.conference is None)
    await settled(phone)
    assert HoldCall(call=1) not in orders(phone)[-3:]


async def test_the_user_is_out_who_takes_out_the_party_of_a_talk_aside(phone: StandIn) -> None:
    await joined(phone, 3)
    await phone.client.ask(TalkAside(call="2"))
    left = await phone.client.get(TakeOut(call="2"), Conference)
    # What the user says next is not meant for the others.
    assert (left.calls, left.here) == (("1", "3"), False)
    assert mix(phone) == {1: ({3}, False, False), 3: ({1}, False, False)}


async def test_a_call_that_is_placed_leaves_the_others_to_themselves(phone: StandIn) -> None:
    await joined(phone, 2)
    before = len(orders(phone))
    await up(phone, number="300")
    assert mix(phone) == {1: ({2}, False, False), 2: ({1}, False, False)}
    assert not [o for o in orders(phone)[before:] if isinstance(o, HoldCall)]
    assert not (await conference(phone)).here


async def test_a_call_that_is_answered_does_so_too(phone: StandIn) -> None:
    await joined(phone, 2)
    third = await phone.incoming("work")
    assert (await conference(phone)).here
    before = len(phone.script.orders)
    await phone.client.ask(AnswerCall(call=third))
    # The others hear the user no more before the caller does.
    sent = [o for o in phone.script.orders[before:] if isinstance(o, MixCalls | Answer)]
    assert [type(order) for order in sent] == [MixCalls, Answer]
    assert mix(phone) == {1: ({2}, False, False), 2: ({1}, False, False)}


async def test_nor_does_one_that_is_answered_bring_the_user_back_when_it_ends(
    phone: StandIn,
) -> None:
    await joined(phone, 2)
    third = await up(phone, number="300")
    await phone.client.ask(HangUp(call=third))
    await phone.until_logged(third)
    await settled(phone)
    assert mix(phone) == {1: ({2}, False, False), 2: ({1}, False, False)}
    await phone.client.ask(Resume(call="1"))
    assert mix(phone) == {1: ({2}, True, True), 2: ({1}, True, True)}


async def test_a_file_that_ends_does_not_bring_the_user_back(
    phone: StandIn, speech_file: object
) -> None:
    first, _ = await joined(phone, 2)
    await phone.client.ask(LeaveConference(call=first))
    await phone.client.ask(Play(call=first, path=str(speech_file)))
    before = len(phone.script.orders)
    await phone.client.ask(Play(call=first, path=None))
    await settled(phone)
    since = phone.script.orders[before:]
    assert PlayFile(call=1, path=None) in since
    assert not [order for order in since if isinstance(order, GiveVoice)]


async def test_a_talk_aside_ends_with_its_party_and_nobody_hears_the_next_word(
    phone: StandIn,
) -> None:
    first, *_ = await joined(phone, 3)
    await phone.client.ask(TalkAside(call=first))
    assert mix(phone)[1] == (set(), True, True)
    phone.remote_hangs_up(first)
    await phone.until_logged(first)
    notice = await phone.until(NoticeEvent, lambda e: "out of the conference" in e.text)
    assert notice.text == "you are out of the conference: call 1 has ended"
    await settled(phone)
    assert mix(phone) == {2: ({3}, False, False), 3: ({2}, False, False)}


async def test_a_party_on_hold_is_resumed_without_the_others(phone: StandIn) -> None:
    first, _ = await joined(phone, 2)
    await phone.client.ask(Hold(call=first, wait=True))
    await settled(phone)
    assert mix(phone)[1] == ({2}, False, True)
    with pytest.raises(CommandFailed, match="is on hold: resume it first"):
        await phone.client.ask(TalkAside(call=first))
    before = len(orders(phone))
    await phone.client.ask(Resume(call=first, wait=True))
    await settled(phone)
    assert orders(phone)[before] == HoldCall(call=1, on=False, voice=False)
    assert mix(phone)[1] == ({2}, True, True)


async def test_a_party_that_does_not_come_back_stays_a_party_on_hold(phone: StandIn) -> None:
    first, second = await up(phone), await up(phone, number="200")
    phone.script.hold_refusal = (488, "Not Acceptable Here")
    await phone.client.ask(JoinCalls(calls=(first, second)))
    held = await phone.reaches_call(first, lambda c: c.hold_agreed is False)
    await settled(phone)
    assert (held.state, held.conference) == (CallState.HELD, "1")
    assert [mix(phone)[number][1] for number in (1, 2)] == [False, True]


@pytest.mark.parametrize("why", ["forged", "connection", "key", "clear"])
async def test_a_lock_that_opens_takes_its_call_out_at_once(phone: StandIn, why: str) -> None:
    calls = await joined(phone, 3)
    since = len(phone.events)
    call = calls[1]
    worker, scripted = phone._find(call)
    assert scripted.stream is not None
    match why:
        case "forged":
            failing = replace(scripted.stream, rejected=50)
            worker.send(StatisticsEvent(2, (failing,), scripted.connection, 0, 0, 0, 0, 0, 0))
        case "clear":
            clear = replace(scripted.stream, srtp=False, suite=None)
            worker.send(MediaEvent(2, (clear,), None, scripted.connection))
        case "key":
            unknown = replace(scripted.stream, suite=None, keying=None)
            worker.send(MediaEvent(2, (unknown,), None, scripted.connection))
        case "connection":
            phone.drop_connection("work")
    out = await phone.reaches_call(call, lambda c: c.conference is None)
    notice = await phone.until(NoticeEvent, lambda e: "taken out" in e.text, since)
    assert out.lock.why in notice.text
    assert notice.level == "warning"
    await phone.reaches_call(call, lambda c: c.state is CallState.HELD)
    if why == "connection":
        # All use it: none is left to talk with.
        assert (await phone.status()).conferences == ()
    else:
        assert mix(phone) == {1: ({3}, True, True), 3: ({1}, True, True)}
    events = [numbered.event for numbered in phone.events[since:]]
    shown = [event.conference for event in events if isinstance(event, ConferenceEvent)]
    assert all(news.lock.closed for news in shown if news.calls)


async def test_an_unencrypted_conference_goes_on_with_its_open_lock(phone: StandIn) -> None:
    await joined(phone, 3, "open")
    found = await conference(phone)
    assert not found.lock.closed
    assert found.lock.why == "call 1: this account uses UDP: anyone on the way can listen"
    assert (await phone.status()).calls[0].conference == found.id


async def test_what_cannot_be_joined_is_said(phone: StandIn) -> None:
    first, second = await up(phone), await up(phone, "open")
    ask = phone.client.ask
    with pytest.raises(CommandFailed, match="encrypted and unencrypted calls cannot be joined"):
        await ask(JoinCalls(calls=(first, second)))
    with pytest.raises(CommandFailed, match="a conference is of two to 8 calls, not of 1"):
        await ask(JoinCalls(calls=(first, first)))
    ringing = await phone.call("300", account="work")
    with pytest.raises(CommandFailed, match=f"call {ringing} is dialing: it cannot be joined"):
        await ask(JoinCalls(calls=(first, ringing)))
    with pytest.raises(CommandFailed, match="there is no call 99"):
        await ask(JoinCalls(calls=(first, "99")))
    for command in (LeaveConference, TalkAside, SilenceParty, TakeOut, EndConference):
        with pytest.raises(CommandFailed, match="call 1 is in no conference"):
            await ask(command(call=first))


async def test_eight_parties_are_the_most(phone: StandIn) -> None:
    calls = await joined(phone, 8)
    ninth = await up(phone, number="999")
    with pytest.raises(CommandFailed, match="not of 9"):
        await phone.client.ask(JoinCalls(calls=(calls[0], ninth)))
    assert (await phone.status()).calls[-1].state is CallState.ACTIVE


async def test_a_refused_mix_leaves_the_new_parties_on_hold(phone: StandIn) -> None:
    first, second = await up(phone), await up(phone, number="200")
    phone.script.refused[MixCalls] = "no connection"
    with pytest.raises(CommandFailed, match="no connection"):
        await phone.client.ask(JoinCalls(calls=(first, second)))
    assert (await phone.status()).conferences == ()
    assert HoldCall(call=1) in orders(phone)[-2:]


async def test_a_worker_that_dies_ends_its_conference(phone: StandIn) -> None:
    calls = await joined(phone, 3)
    phone.worker_dies(Role.SECURE)
    for call in calls:
        await phone.until_logged(call)
    assert (await phone.status()).conferences == ()


async def test_words_that_were_different_take_a_call_out(phone: StandIn) -> None:
    await phone.add_account("dtls", media_keying="dtls")
    calls = []
    for number in ("1", "2", "3"):
        call = await phone.call(number, account="dtls")
        phone.remote_answers(call, keying=Keying.DTLS)
        await phone.reaches_call(call, lambda c: c.lock.closed)
        calls.append(call)
    await phone.client.ask(JoinCalls(calls=tuple(calls)))
    report = await phone.client.get(GetLock(call=calls[0]), LockReport)
    assert report.end_to_end is not None
    words = report.end_to_end.words
    await phone.client.ask(CompareWords(call=calls[0], words=words, equal=False))
    out = await phone.reaches_call(calls[0], lambda c: c.conference is None)
    assert out.lock.why.startswith("the words of both ends were different")
