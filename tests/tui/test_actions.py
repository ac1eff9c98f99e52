"""Every action works by each of its keys and by the command palette."""

from __future__ import annotations

from itertools import chain

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenarios import SCENARIOS, STORIES, Done, tidy
from tests.tui.scenes import Stage
from tui.keys.actions import BY_ID
from tui.phone.command_palette import Palette


def test_each_action_has_a_scenario_in_one_story() -> None:
    assert set(SCENARIOS) == set(BY_ID)
    assert sorted(chain.from_iterable(STORIES.values())) == sorted(BY_ID)


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


async def _ready(action: str, stage: Stage) -> Done:
    await tidy(stage)
    done = await SCENARIOS[action](stage)
    await stage.phone.settle()
    assert not done(), f"{action} is done before its key is pressed:\n{stage.phone.text}"
    return done


@pytest.mark.parametrize("story", STORIES)
async def test_a_key_does_it(story: str, stage: Stage) -> None:
    keys = [(action, key) for action in STORIES[story] for key in BY_ID[action].keys.split(",")]
    for action, key in keys:
        done = await _ready(action, stage)
        await stage.phone.press(key)
        try:
            await stage.phone.until(done)
        except AssertionError as error:
            error.add_note(f"{action} is not done by {key}")
            raise


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("dial.open", id="that moves the keyboard"),
        pytest.param("log.copy", id="on the row under the cursor"),
        pytest.param("lock.edit", id="of a box"),
    ],
)
async def test_the_palette_does_it(action: str, stage: Stage) -> None:
    done = await _ready(action, stage)
    await stage.phone.press("ctrl+p")
    await stage.phone.until(lambda: isinstance(stage.phone.app.screen, Palette))
    await stage.phone.paste(BY_ID[action].title)
    await stage.phone.press("enter")
    await stage.phone.until(done)
