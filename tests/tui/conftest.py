from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support import disks
from tests.support.clock import Clock, standing_still
from tests.support.screen.pilot import Screen, screen
from tests.support.standin.engine import StandIn


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Set the clock to 14 March 2026, 14:32 UTC, until a test moves it."""
    with standing_still() as clock:
        yield clock


@pytest.fixture
def pictured() -> Iterator[Path]:
    with disks.pictured() as folder:
        yield Path(folder)


@pytest.fixture
async def phone(clock: Clock, standin: StandIn) -> AsyncIterator[Screen]:
    """Show the phone at 80x24 on the stand-in, without accounts: the welcome."""
    async with screen(clock=clock) as shown:
        yield shown


@pytest.fixture
async def main(clock: Clock, standin: StandIn) -> AsyncIterator[Screen]:
    """Show the main screen, with an account to call with."""
    # Added later, it would cost each test a welcome that is closed at once.
    await standin.add_account("work")
    async with screen(clock=clock) as shown:
        await shown.sees("work")
        yield shown
