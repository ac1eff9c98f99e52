"""Enter acts only through the table of actions, which can reassign it."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenarios import SCENARIOS
from tests.tui.scenes import SCENES, Stage
from tui.calls.dial import DialInput
from tui.keys.actions import ACTIONS
from voip.protocol.settings import ChangeSettings

_BY_ENTER = [action.id for action in ACTIONS if "enter" in action.keys.split(",")]
_WITH_BUTTONS = ["confirm", "leave", "welcome", "account-edit", "account-test"]


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


@pytest.mark.parametrize("action", _BY_ENTER)
async def test_another_key_does_it_and_enter_no_more(action: str, stage: Stage) -> None:
    await stage.engine.client.ask(ChangeSettings(changes={f"keys.{action}": "f9"}))
    await stage.phone.until(lambda: stage.phone.app.keymap.keys[action] == "f9")
    done = await SCENARIOS[action](stage)
    await stage.phone.settle()
    assert "enter" not in stage.phone.lines[-1]
    await stage.phone.press("enter")
    assert not done()
    await stage.phone.press("f9")
    await stage.phone.until(done)


@pytest.mark.parametrize("scene", ["main-dialling", *_WITH_BUTTONS])
async def test_nothing_but_a_field_of_text_has_enter_to_itself(scene: str, stage: Stage) -> None:
    await SCENES[scene](stage)
    await stage.phone.settle()
    with_keyboard = [widget for widget in stage.phone.app.screen.query("*") if widget.can_focus]
    assert with_keyboard
    for widget in with_keyboard:
        for binding in widget._bindings.key_to_bindings.get("enter", ()):
            assert isinstance(widget, Input)
            assert widget.check_action(binding.action, ()) is not isinstance(widget, DialInput)


async def test_the_footer_shows_enter_on_a_button_alone(stage: Stage) -> None:
    await SCENES["account-edit"](stage)
    assert "enter choose" not in stage.phone.lines[-1]
    await stage.phone.press("shift+tab")
    assert "enter choose" in stage.phone.lines[-1]
