"""Log of calls under the keyboard."""

from __future__ import annotations

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage


@pytest.fixture
async def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    """Show a log of ten calls, 10 the newest, under the keyboard."""
    made = Stage(phone, standin, clock)
    await made.accounts()
    await made.log()
    phone.app.main.log_pane.rows.focus()
    await phone.settle()
    return made
