"""Blocking a caller with a key, and undoing it."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from tui.widgets.ask import Confirm
from voip.model import CallState, Outcome
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked

MALLORY = '"Mallory" <sip:mallory@evil.example>'


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


async def blocked(stage: Stage) -> list[str]:
    reply = await stage.engine.client.get(GetBlocked(), BlockedCallers)
    return [entry.address for entry in reply.callers]


async def test_a_caller_who_rings_is_blocked_after_a_question(stage: Stage) -> None:
    phone = stage.phone
    await stage.accounts()
    call = await stage.engine.incoming("work", MALLORY)
    await phone.until(lambda: phone.app.state.incoming)
    await phone.press("B")
    await phone.sees("Block “Mallory” (mallory@evil.example)?")
    await phone.sees("The log shows them as blocked.")
    # The safe answer comes first.
    await phone.press("enter")
    assert await blocked(stage) == []
    await phone.press("B", "down", "enter")
    await phone.sees("Mallory@evil.example is blocked. Account: work.")
    assert await blocked(stage) == ["sip:mallory@evil.example"]
    await phone.until(lambda: stage.state_of(call) is CallState.ENDED)


async def test_a_blocked_caller_is_seen_in_the_log_alone_and_unblocked_there(stage: Stage) -> None:
    phone = stage.phone
    await stage.accounts()
    await stage.engine.client.ask(BlockCaller(caller="mallory@evil.example", account="work"))
    phone.said.clear()
    assert await stage.engine.calls_in_vain("work", MALLORY) == (603,)
    await phone.sees(" blocked ")
    await phone.settle()
    assert phone.said == []
    assert phone.app.state.calls == ()
    entry = phone.app.main.log_pane.rows.selected
    assert entry is not None
    assert entry.outcome is Outcome.BLOCKED
    await phone.press("B")
    await phone.sees("Unblock “Mallory” (mallory@evil.example)?")
    await phone.press("down", "enter")
    await phone.sees("can ring again")
    assert await blocked(stage) == []


async def test_a_call_that_is_up_goes_on(stage: Stage) -> None:
    phone = stage.phone
    await stage.accounts()
    call = await stage.active("Mallory", "mallory")
    phone.app.main.calls.focus()
    await phone.press("B")
    await phone.sees("goes on.")
    await phone.press("down", "enter")
    await phone.sees("is blocked")
    assert stage.state_of(call) is CallState.ACTIVE


async def test_a_caller_who_hides_is_not_blocked_and_says_so(stage: Stage) -> None:
    phone = stage.phone
    await stage.accounts()
    await stage.engine.incoming("work", '"Anonymous" <sip:anonymous@anonymous.invalid>')
    await phone.until(lambda: phone.app.state.incoming)
    await phone.press("B")
    await phone.sees("The caller hid their address")
    assert not isinstance(phone.app.screen, Confirm)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
async def test_the_whole_question_is_seen(stage: Stage, size: tuple[int, int]) -> None:
    phone = stage.phone
    await stage.accounts()
    await phone.resize(*size)
    await stage.engine.incoming("work", MALLORY)
    await phone.until(lambda: phone.app.state.incoming)
    await phone.press("B")
    for words in ("Block “Mallory”", "still call them", "Let them ring", "Block this caller"):
        await phone.sees(words)
