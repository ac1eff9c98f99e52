"""Calls that are up, at the screen."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from voip.model import CallState


async def placed(main: Screen, standin: StandIn, target: str = "100") -> str:
    """Call somebody who answers; returns the call."""
    call = await standin.call(target, account="work")
    standin.remote_answers(call)
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    await main.sees("active")
    return call


async def on(main: Screen, kind: type) -> None:
    """Wait for a screen or box of that kind."""
    await main.until(lambda: isinstance(main.app.screen, kind))
