"""Questions of far ends end with their call, whatever has ended it."""

from __future__ import annotations

import pytest

from tests.support.standin.engine import StandIn
from voip.client.errors import CommandFailed
from voip.model import CallState
from voip.protocol.calls import (
    AcceptTransfer,
    AnswerCall,
    CallStarted,
    JoinCalls,
    RefuseTransfer,
)
from voip.protocol.phone import NoticeEvent


@pytest.mark.parametrize("how", ["far end", "worker"])
async def test_a_question_ends_with_its_call(standin: StandIn, how: str) -> None:
    await standin.add_account("work")
    call = await standin.incoming("work")
    await standin.client.ask(AnswerCall(call=call))
    await standin.until_state(call, CallState.ACTIVE)
    standin.remote_asks_for_transfer(call, "<sip:carol@pbx.example.com>")
    await standin.until_call(lambda shown: shown.asked is not None)
    if how == "worker":
        standin.worker_dies()
    else:
        standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await standin.until(
        NoticeEvent, lambda e: e.text.endswith("wanted you to call carol@pbx.example.com")
    )
    with pytest.raises(CommandFailed, match="there is no call"):
        await standin.client.ask(RefuseTransfer(call=call))
    assert standin.engine.calls.asked._timers == {}


async def _asked(standin: StandIn) -> str:
    """Return a call whose far end asks to connect the user with Carol."""
    call = await standin.call("100", account="work")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    standin.remote_asks_for_transfer(call, "<sip:carol@pbx.example.com>")
    await standin.reaches_call(call, lambda c: c.asked is not None)
    return call


async def _vain(standin: StandIn, call: str) -> str:
    """Let nobody answer a call; returns where the user is told to be."""
    standin.remote_refuses(call, 486, "Busy Here")
    notice = await standin.until(NoticeEvent, lambda e: "was not reached" in e.text)
    await standin.read_workers()
    return notice.text.partition("): ")[2]


async def test_a_vain_one_brings_the_user_back(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await _asked(standin)
    new: CallStarted = await standin.client.get(AcceptTransfer(call=call), CallStarted)
    await standin.reaches_call(call, lambda c: c.state is CallState.HELD)
    assert await _vain(standin, new.call) == "you have 100@pbx.example.com again"
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)


async def test_a_vain_one_takes_no_user_out_of_another_call(standin: StandIn) -> None:
    await standin.add_account("work")
    call = await _asked(standin)
    new: CallStarted = await standin.client.get(AcceptTransfer(call=call), CallStarted)
    third = await standin.incoming("work")
    await standin.client.ask(AnswerCall(call=third))
    await standin.reaches_call(third, lambda c: c.state is CallState.ACTIVE)
    assert await _vain(standin, new.call) == "100@pbx.example.com is on hold"
    states = {c.id: c.state for c in (await standin.status()).calls}
    assert states == {call: CallState.HELD, third: CallState.ACTIVE}


async def test_a_vain_one_brings_nobody_back_to_a_conference(standin: StandIn) -> None:
    await standin.add_account("work")
    other = await standin.call("300", account="work")
    standin.remote_answers(other)
    call = await _asked(standin)
    await standin.client.ask(JoinCalls(calls=(call, other)))
    new: CallStarted = await standin.client.get(AcceptTransfer(call=call), CallStarted)
    assert await _vain(standin, new.call) == "100@pbx.example.com is in the conference again"
    (conference,) = (await standin.status()).conferences
    assert (conference.calls, conference.here) == ((call, other), False)
