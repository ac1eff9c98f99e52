"""Every action does what it says, by each of its keys and from the command palette."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette

from tests.support.clock import Clock
from tests.support.screen import Screen
from tests.support.standin import StandIn
from tests.tui.scenarios import SCENARIOS
from tests.tui.scenes import Stage
from tui.commands import COMMANDS
from tui.keys.actions import ACTIONS, BY_ID

_KEYS = [(action.id, key) for action in ACTIONS for key in action.keys.split(",")]
_IN_PALETTE = [
    action.id
    for action in ACTIONS
    if "main" in action.screens or set(action.screens) <= {"lock", "trust"}
]


def test_each_action_does_something_and_nothing_else_is_done() -> None:
    assert set(COMMANDS) == set(BY_ID)
    assert len(BY_ID) == len(ACTIONS)


def test_each_action_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(BY_ID)


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


@pytest.mark.parametrize(("action", "key"), _KEYS)
async def test_a_key_does_it(action: str, key: str, stage: Stage) -> None:
    done = await SCENARIOS[action](stage)
    await stage.phone.settle()
    assert not done()
    await stage.phone.press(key)
    await stage.phone.until(done)


@pytest.mark.parametrize("action", _IN_PALETTE)
async def test_the_palette_does_it(action: str, stage: Stage) -> None:
    done = await SCENARIOS[action](stage)
    await stage.phone.settle()
    assert not done()
    await stage.phone.press("ctrl+p")
    await stage.phone.until(lambda: isinstance(stage.phone.app.screen, CommandPalette))
    await stage.phone.paste(BY_ID[action].title)
    await stage.phone.press("enter")
    await stage.phone.until(done)
