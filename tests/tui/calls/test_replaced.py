"""Somebody takes the place of the far end: the screen says who, and nothing rings."""

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


async def test_the_row_says_whose_place_it_is(stage: Stage) -> None:
    call = await stage.engine.incoming("work", _BOB)
    await stage.phone.until(lambda: stage.phone.app.state.incoming)
    await stage.phone.press("a")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)
    live = stage.engine.engine.book.find(call)
    assert live is not None
    stage.engine._worker_of("work").ring("work", _CAROL, replaces=live.number)
    await stage.phone.sees("in place of “Bob”")
    await stage.phone.sees("pbx.example.com took the place of bob@pbx.example.com")
    assert not stage.phone.app.state.incoming
    (shown,) = stage.phone.app.state.live
    assert (shown.call.remote.name, shown.call.state) == ("Carol", CallState.ACTIVE)
