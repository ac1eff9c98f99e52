"""The one microphone: the call that has it, and commands to its worker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.client.stream import Client
from voip.model import CallState, HeldBy
from voip.protection import Transport
from voip.protocol.calls import Hold, Play, Resume
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import Answer, GiveVoice, HoldCall, StartCall

Moves = list[tuple[str, int]]


@pytest.fixture
async def phone(standin: StandIn) -> StandIn:
    """Start a phone with an account in each of the two workers."""
    await standin.add_account("open", transport=Transport.UDP.value)
    await standin.add_account("work")
    return standin


async def up(phone: StandIn, account: str, number: str = "100", **options: str) -> str:
    call = await phone.call(number, account=account, **options)
    phone.remote_answers(call)
    await phone.reaches_call(call, lambda c: c.state.answered)
    return call


def moves(phone: StandIn) -> Moves:
    """Return “on” and “off” for the user, each with the worker's call number."""
    changes: Moves = []
    for order in phone.script.orders:
        match order:
            case StartCall(call=call, voice=True) | Answer(call=call):
                changes.append(("on", call))
            case HoldCall(call=call, on=hold):
                changes.append(("off" if hold else "on", call))
            case GiveVoice(call=call, on=on):
                changes.append(("on" if on else "off", call))
            case _:
                pass
    return changes


def check_one_at_a_time(changes: Moves) -> None:
    """Check that a call loses the microphone before another gets it."""
    having: set[int] = set()
    for what, call in changes:
        if what == "on":
            assert having <= {call}, f"two calls at once: {changes}"
            having.add(call)
        else:
            having.discard(call)


async def test_a_call_held_by_its_far_end_is_held_here_before_another_is_placed(
    phone: StandIn,
) -> None:
    first = await up(phone, "open")
    phone.remote_holds(first)
    await phone.reaches_call(first, lambda c: c.held_by is HeldBy.THEM)
    await up(phone, "work", "200")
    held = await phone.reaches_call(first, lambda c: c.held_by is HeldBy.BOTH)
    assert held.state is CallState.HELD
    phone.remote_resumes(first)
    still = await phone.reaches_call(first, lambda c: c.held_by is HeldBy.US)
    assert still.state is CallState.HELD
    check_one_at_a_time(moves(phone))


async def test_of_two_calls_that_ring_the_one_answered_first_gets_the_microphone(
    phone: StandIn,
) -> None:
    first = await phone.call("100", account="open")
    second = await phone.call("200", account="work")
    phone.remote_answers(first)
    await phone.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    phone.remote_answers(second)
    await phone.reaches_call(second, lambda c: c.state is CallState.HELD)
    changes = moves(phone)
    check_one_at_a_time(changes)
    assert changes[-1] == ("off", int(second))
    assert ("on", int(first)) in changes[2:], "the first call got the microphone back"


async def test_a_call_that_rings_gets_the_microphone_back_when_the_other_is_given_up(
    phone: StandIn,
) -> None:
    first = await phone.call("100", account="open")
    second = await phone.call("200", account="work")
    phone.remote_refuses(second, 486)
    await phone.until_logged(second)
    phone.remote_answers(first)
    await phone.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    assert moves(phone)[-1] == ("on", int(first))


async def test_two_clients_at_once_do_not_take_it_from_each_other(
    phone: StandIn, another: Client
) -> None:
    first = await up(phone, "open")
    second = await up(phone, "work", "200")
    third = await up(phone, "work", "300")
    await asyncio.gather(phone.client.ask(Resume(call=first)), another.ask(Resume(call=second)))
    check_one_at_a_time(moves(phone))
    states = [call.state for call in (await phone.status()).calls if call.id != third]
    assert sorted(states) == [CallState.ACTIVE, CallState.HELD]


async def test_a_file_goes_on_without_the_person(phone: StandIn, speech_file: Path) -> None:
    first = await up(phone, "open")
    await phone.client.ask(Play(call=first, path=str(speech_file)))
    await up(phone, "work", "200")
    changes = (await phone.status()).calls[0]
    assert (changes.state, changes.playing) == (CallState.ACTIVE, True)
    assert moves(phone)[-2:] == [("off", int(first)), ("on", int(first) + 1)]
    phone.file_ends(first)
    held = await phone.reaches_call(first, lambda c: c.state is CallState.HELD)
    assert not held.playing
    check_one_at_a_time(moves(phone))


async def test_a_hold_that_is_refused_is_said_and_holds_all_the_same(phone: StandIn) -> None:
    call = await up(phone, "open")
    phone.script.hold_refusal = (488, "Not Acceptable Here")
    with pytest.raises(CommandFailed) as caught:
        await phone.client.ask(Hold(call=call, wait=True))
    words = (
        "the far end did not agree (the far end cannot take a call like this); the call is "
        "on hold here, and neither side hears the other"
    )
    assert str(caught.value) == f"call {call}: {words}"
    notice = await phone.until(NoticeEvent, lambda e: e.level == "warning")
    assert notice.text == f"call {call}: {words}"
    shown = await phone.reaches_call(call, lambda c: c.hold_agreed is False)
    assert (shown.state, shown.held_by) == (CallState.HELD, HeldBy.US)
    assert moves(phone)[-1] == ("off", int(call))


async def test_a_resume_that_is_refused_leaves_the_call_on_hold(phone: StandIn) -> None:
    call = await up(phone, "open")
    await phone.client.ask(Hold(call=call, wait=True))
    assert (await phone.reaches_call(call, lambda c: c.hold_agreed is True)).held_by is HeldBy.US
    phone.script.hold_refusal = (491, "Request Pending")
    with pytest.raises(CommandFailed, match="did not agree"):
        await phone.client.ask(Resume(call=call, wait=True))
    assert (await phone.status()).calls[0].state is CallState.HELD
    # Its worker has cut it off already: it needs no other command.
    before = len(moves(phone))
    await up(phone, "work", "200")
    assert moves(phone)[before:] == [("on", int(call) + 1)]


async def test_a_call_that_ends_while_it_is_held_ends_the_waiting(
    phone: StandIn, another: Client
) -> None:
    call = await up(phone, "open")
    held = phone.script.hold(HoldCall)
    waiting = asyncio.create_task(another.ask(Hold(call=call, wait=True)))
    await held.come()
    phone.worker_dies(Role.OPEN)
    held.release()
    with pytest.raises(CommandFailed, match="call 1: the worker was ended"):
        await waiting
