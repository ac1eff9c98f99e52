"""Transfers by a far end: two keys answer it, or somebody comes in its place."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from voip.model import CallState

_BOB = '"Bob" <sip:bob@pbx.example.com>'
_CAROL = '"Carol" <sip:carol@pbx.example.com>'


@pytest.fixture
async def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    stage = Stage(phone, standin, clock)
    await stage.accounts()
    return stage


async def _talking(stage: Stage) -> str:
    """Answer Bob's call; returns it."""
    call = await stage.engine.incoming("work", _BOB)
    await stage.phone.until(lambda: stage.phone.app.state.incoming)
    await stage.phone.press("a")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    return call


async def _asked(stage: Stage) -> str:
    call = await _talking(stage)
    stage.engine.remote_asks_for_transfer(call, _CAROL)
    await stage.phone.sees("wants you to call “Carol”")
    await stage.phone.sees("accept transfer")
    return call


async def test_one_key_calls_them_and_holds_the_call(stage: Stage) -> None:
    call = await _asked(stage)
    await stage.phone.press("Y")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.HELD)
    remotes = {shown.call.remote.uri for shown in stage.phone.app.state.live}
    assert remotes == {"sip:bob@pbx.example.com", "sip:carol@pbx.example.com"}


async def test_another_key_refuses_and_the_call_goes_on(stage: Stage) -> None:
    call = await _asked(stage)
    await stage.phone.press("N")
    await stage.phone.until(
        lambda: all(shown.call.asked is None for shown in stage.phone.app.state.live)
    )
    assert stage.state_of(call) is CallState.ACTIVE


async def test_the_row_says_whose_place_it_is(stage: Stage) -> None:
    live = stage.engine.engine.book.find(await _talking(stage))
    assert live is not None
    stage.engine._worker_of("work").ring("work", _CAROL, replaces=live.number)
    await stage.phone.sees("in place of “Bob”")
    await stage.phone.sees("pbx.example.com took the place of bob@pbx.example.com")
    assert not stage.phone.app.state.incoming
    await stage.phone.until(lambda: len(stage.phone.app.state.live) == 1)
    (shown,) = stage.phone.app.state.live
    assert (shown.call.remote.name, shown.call.state) == ("Carol", CallState.ACTIVE)
