"""Calls made after others were put on hold."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.client.stream import Client
from voip.model import CallState, Outcome
from voip.protection import Transport
from voip.protocol.accounts import AccountEvent
from voip.protocol.calls import CallEvent, HangUp, LogEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import HoldCall, StartCall


@pytest.fixture
async def speaking(standin: StandIn) -> str:
    """Make a running call, with an account on the other worker than `work`."""
    await standin.add_account("open", transport=Transport.UDP.value)
    await standin.add_account("work")
    call = await standin.call("100", account="open")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


def started(phone: StandIn) -> list[str]:
    """Return the accounts that calls were started with."""
    return [o.account for o in phone.script.orders if isinstance(o, StartCall)]


def outcomes(phone: StandIn, call: str) -> list[Outcome]:
    """Return the outcomes of a call in the log, in order."""
    entries = [e.event.entry for e in phone.events if isinstance(e.event, LogEvent)]
    return [entry.outcome for entry in entries if entry.id == call]


async def waiting(phone: StandIn) -> tuple[asyncio.Task[str], str]:
    """Make a call that waits for another to be on hold."""
    call = asyncio.create_task(phone.call("200", account="work"))
    event = await phone.until(CallEvent, lambda e: e.call.account == "work")
    return call, event.call.id


async def test_a_call_is_over_when_another_cannot_be_put_on_hold(
    standin: StandIn, speaking: str
) -> None:
    standin.script.refused[HoldCall] = "the call changes at this moment"
    with pytest.raises(CommandFailed) as caught:
        await standin.call("200", account="work")
    why = f"call {speaking}: the call changes at this moment"
    assert str(caught.value) == f"the call could not be made: {why}"
    (left,) = (await standin.status()).calls
    assert left.id == speaking
    failed = await standin.until(LogEvent, lambda e: e.entry.outcome is Outcome.FAILED)
    assert failed.entry.reason == why


async def test_a_call_that_is_given_up_before_it_is_made_is_not_made(
    standin: StandIn, speaking: str, another: Client
) -> None:
    hold = standin.script.hold(HoldCall)
    call, number = await waiting(standin)
    await hold.come()
    await another.ask(HangUp(call=number))
    hold.release()
    assert await call == number
    entry = await standin.until_logged(number)
    assert (entry.outcome, entry.reason) == (Outcome.CANCELLED, "cancelled")
    assert started(standin) == ["open"]


async def test_a_call_that_ends_needs_no_hold(standin: StandIn, speaking: str) -> None:
    hold = standin.script.hold(HoldCall)
    call, number = await waiting(standin)
    await hold.come()
    standin.worker_dies(Role.OPEN)
    assert await call == number
    assert started(standin) == ["open", "work"]


async def test_a_call_whose_worker_dies_first_is_lost_once(standin: StandIn, speaking: str) -> None:
    hold = standin.script.hold(HoldCall)
    call, number = await waiting(standin)
    await hold.come()
    standin.worker_dies(Role.SECURE)
    assert (await standin.until_logged(number)).outcome is Outcome.LOST
    hold.release()
    with pytest.raises(CommandFailed, match="the call could not be made: lost: "):
        await call
    assert started(standin) == ["open"]
    # An event after the call's end would precede this one.
    await standin.add("later", user="alice", domain="pbx.example.com")
    await standin.until(AccountEvent, lambda e: e.account.name == "later")
    assert outcomes(standin, number) == [Outcome.ONGOING, Outcome.LOST]
