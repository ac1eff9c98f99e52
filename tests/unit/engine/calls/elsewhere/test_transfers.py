"""Transfers in the engine: who may be connected, and who is back when one fails."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.attached import connect
from tests.support.standin.engine import StandIn
from voip.causes import CauseKind
from voip.client.errors import CommandFailed
from voip.model import Call, CallState, Outcome, TransferState
from voip.protection import Transport
from voip.protocol.calls import (
    AnswerCall,
    ConnectCalls,
    HangUp,
    Hold,
    JoinCalls,
    LeaveConference,
    Resume,
    TalkAside,
    TransferCall,
    TransferEvent,
)
from voip.protocol.phone import NoticeEvent
from voip.protocol.worker.base import Role
from voip.protocol.worker.calls import EndCall, HoldCall, MixCalls, ReferCall, ReferToCall

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
async def work(standin: StandIn) -> None:
    await standin.add_account("work")


async def placed(standin: StandIn, target: str = "100", account: str = "work") -> str:
    call = await standin.call(target, account=account)
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


async def received(standin: StandIn) -> str:
    call = await standin.incoming()
    await standin.client.ask(AnswerCall(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    return call


async def shown(standin: StandIn, call: str, state: TransferState) -> Call:
    return await standin.until_call(
        lambda c: c.id == call and c.transfer is not None and c.transfer.state is state
    )


async def told(standin: StandIn) -> str:
    event = await standin.until(NoticeEvent, lambda e: e.text.startswith("the transfer"))
    return event.text


async def test_a_far_end_is_on_hold_before_it_is_asked(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(TransferCall(call=call, target="200"))
    (order,) = standin.script.of_kind(ReferCall)
    uri = "sip:200@pbx.example.com;transport=tls"
    assert order == ReferCall(call=int(call), uri=uri, hold=True)
    await standin.reaches_call(call, lambda c: c.state is CallState.HELD)


async def test_a_failure_brings_the_call_back(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(TransferCall(call=call, target="200"))
    standin.refer_progress(call, 486, "Busy Here", last=True)
    assert await told(standin) == (
        "the transfer to 200@pbx.example.com failed (busy): you have 100@pbx.example.com again"
    )
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)


async def test_a_failure_takes_no_user_out_of_another_call(standin: StandIn) -> None:
    first = await placed(standin)
    await standin.client.ask(TransferCall(call=first, target="200"))
    second = await placed(standin, "300")
    standin.refer_progress(first, 486, "Busy Here", last=True)
    assert (await told(standin)).endswith("(busy): 100@pbx.example.com is on hold")
    await standin.read_workers()
    states = {c.id: c.state for c in (await standin.status()).calls}
    assert states == {first: CallState.HELD, second: CallState.ACTIVE}


@pytest.mark.parametrize("user", ["here", "out", "aside"])
async def test_a_party_of_a_conference_comes_back_and_the_user_stays_where_they_are(
    standin: StandIn, user: str
) -> None:
    first, second, third = [await placed(standin, number) for number in ("100", "300", "400")]
    await standin.client.ask(JoinCalls(calls=(first, second, third)))
    if user == "out":
        await standin.client.ask(LeaveConference(call=first))
    if user == "aside":
        await standin.client.ask(TalkAside(call=second))
    await standin.client.ask(TransferCall(call=first, target="200"))
    await standin.reaches_call(first, lambda c: c.state is CallState.HELD)
    standin.refer_progress(first, 486, "Busy Here", last=True)
    assert (await told(standin)).endswith("(busy): 100@pbx.example.com is in the conference again")
    await standin.reaches_call(first, lambda c: c.state is CallState.ACTIVE)
    await standin.read_workers()
    (now,) = (await standin.status()).conferences
    assert now.calls == (first, second, third)
    assert (now.here, now.aside) == (user != "out", second if user == "aside" else None)
    mixed = {one.call: one.voice for one in standin.script.of_kind(MixCalls)[-1].calls}
    assert mixed == {int(c): user == "here" or (user, c) == ("aside", second) for c in now.calls}


async def test_a_request_that_cannot_be_sent_brings_the_call_back(standin: StandIn) -> None:
    call = await placed(standin)
    standin.script.refused[ReferCall] = "no way there"
    with pytest.raises(CommandFailed, match="no way there"):
        await standin.client.ask(TransferCall(call=call, target="200"))
    failed = await shown(standin, call, TransferState.FAILED)
    assert failed.transfer is not None
    assert failed.transfer.cause is not None
    assert failed.transfer.cause.kind is CauseKind.NOT_STARTED
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)


async def test_the_user_may_take_the_call_back_meanwhile(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(TransferCall(call=call, target="200"))
    await standin.client.ask(Resume(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    standin.refer_progress(call, 200, "OK", last=True)
    assert (await standin.until_logged(call)).outcome is Outcome.TRANSFERRED


async def test_a_call_that_ends_unaccepted_was_not_passed_on(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(TransferCall(call=call, target="200"))
    standin.remote_hangs_up(call)
    entry = await standin.until_logged(call)
    assert (entry.outcome, entry.reason) == (Outcome.ANSWERED, "")
    await shown(standin, call, TransferState.FAILED)


async def test_a_lost_worker_ends_a_transfer(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(TransferCall(call=call, target="200"))
    standin.refer_answered(call, 202)
    await standin.read_workers()
    standin.worker_dies(Role.SECURE)
    assert (await standin.until_logged(call)).outcome is Outcome.LOST
    await shown(standin, call, TransferState.UNKNOWN)


async def test_two_calls_are_connected(standin: StandIn) -> None:
    first = await placed(standin, "100")
    second = await placed(standin, "200")
    await standin.client.ask(ConnectCalls(call=first, other=second))
    (order,) = standin.script.of_kind(ReferToCall)
    assert (order.call, order.other) == (int(first), int(second))
    # The user still talks to the second.
    status = await standin.status()
    assert {c.id: c.state for c in status.calls} == {
        first: CallState.HELD,
        second: CallState.ACTIVE,
    }
    standin.refer_progress(first, 200, "OK", last=True)
    entry = await standin.until_logged(first)
    assert (entry.outcome, entry.reason) == (
        Outcome.TRANSFERRED,
        "transferred to 200@pbx.example.com",
    )
    assert (await standin.until_logged(second)).outcome is Outcome.ANSWERED


async def test_a_phone_that_cannot_take_over_leaves_both_calls(standin: StandIn) -> None:
    first = await placed(standin, "100")
    second = await placed(standin, "200")
    await standin.client.ask(ConnectCalls(call=first, other=second))
    standin.refer_progress(first, 420, "Bad Extension", last=True)
    assert await told(standin) == (
        "the transfer to 200@pbx.example.com failed (the other phone cannot take over a call (it "
        "does not know Replaces)): 100@pbx.example.com is on hold, and you still have "
        "200@pbx.example.com"
    )
    await standin.read_workers()
    states = {c.id: c.state for c in (await standin.status()).calls}
    assert states == {first: CallState.HELD, second: CallState.ACTIVE}


async def test_the_address_of_a_caller_is_given_to_nobody(standin: StandIn) -> None:
    """The claimed address is not the target: the calls are exchanged."""
    theirs, ours = await received(standin), await placed(standin)
    await standin.client.ask(ConnectCalls(call=ours, other=theirs))
    (order,) = standin.script.of_kind(ReferToCall)
    numbers = {call: order_of(standin, call) for call in (ours, theirs)}
    assert (order.call, order.other) == (numbers[theirs], numbers[ours])
    event = await standin.until(TransferEvent, lambda e: True)
    assert (event.call, event.transfer.to_call) == (theirs, ours)


def order_of(standin: StandIn, call: str) -> int:
    live = standin.engine.book.find(call)
    assert live is not None
    return live.number


async def test_two_callers_are_not_connected(standin: StandIn) -> None:
    first, second = await received(standin), await received(standin)
    with pytest.raises(CommandFailed, match="has to be made by this phone"):
        await standin.client.ask(ConnectCalls(call=first, other=second))


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        (Transport.UDP, "the voice would leave its protection"),
        (Transport.TLS, "does not know the calls of the other"),
    ],
)
async def test_calls_of_two_accounts_are_not_connected(
    standin: StandIn, transport: Transport, words: str
) -> None:
    await standin.add_account("other", transport=transport.value)
    first, second = await placed(standin), await placed(standin, "200", account="other")
    for call, other in ((first, second), (second, first)):
        with pytest.raises(CommandFailed, match=words):
            await standin.client.ask(ConnectCalls(call=call, other=other))
    assert standin.script.of_kind(ReferToCall) == []


async def test_somebody_who_has_not_answered_is_called_by_the_far_end(standin: StandIn) -> None:
    first = await placed(standin)
    second = await standin.call("200", account="work")
    standin.remote_rings(second)
    await standin.client.ask(ConnectCalls(call=first, other=second))
    kinds = [type(o) for o in standin.script.orders if isinstance(o, EndCall | ReferCall)]
    assert kinds == [EndCall, ReferCall]
    (order,) = standin.script.of_kind(ReferCall)
    assert order == ReferCall(call=int(first), uri="sip:200@pbx.example.com;transport=tls")
    assert (await standin.until_logged(second)).outcome is Outcome.CANCELLED


async def test_a_client_that_goes_away_leaves_no_half_transfer(standin: StandIn) -> None:
    call = await placed(standin)
    hold = standin.script.hold(ReferCall)
    async with await connect(standin.socket) as client:
        asking = asyncio.create_task(client.ask(TransferCall(call=call, target="200")))
        await hold.come()
        asking.cancel()
    hold.release()
    await standin.reaches_call(call, lambda c: c.state is CallState.HELD)
    standin.refer_progress(call, 200, "OK", last=True)
    assert (await standin.until_logged(call)).outcome is Outcome.TRANSFERRED


async def test_ending_a_call_on_hold_for_a_transfer(standin: StandIn) -> None:
    call = await placed(standin)
    await standin.client.ask(Hold(call=call))
    await standin.reaches_call(call, lambda c: c.state is CallState.HELD)
    await standin.client.ask(TransferCall(call=call, target="200"))
    assert len(standin.script.of_kind(HoldCall)) == 1
    standin.refer_answered(call, 202)
    await standin.read_workers()
    await standin.client.ask(HangUp(call=call))
    entry = await standin.until_logged(call)
    assert entry.outcome is Outcome.TRANSFERRED
    assert entry.reason == (
        "passed on to 200@pbx.example.com; nobody reported whether it was answered"
    )
