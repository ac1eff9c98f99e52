"""The main screen by mouse, and with changed keys."""

from __future__ import annotations

import re

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.scenes import Stage
from tui.accounts.form import AccountForm
from tui.calls.lock import LockDetails
from tui.phone.help import Guide
from voip.causes import Cause, CauseKind
from voip.model import CallState
from voip.protocol.settings import ChangeSettings


@pytest.fixture
def stage(phone: Screen, standin: StandIn, clock: Clock) -> Stage:
    return Stage(phone, standin, clock)


def _uris(stage: Stage) -> list[str]:
    return [shown.call.remote.uri for shown in stage.phone.app.state.live]


def _screen(stage: Stage) -> type:
    return type(stage.phone.app.screen)


async def test_a_row_of_the_log_is_called_by_clicking_twice(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.click("Maria Rossi")
    entry = stage.phone.app.main.log_pane.rows.selected
    assert entry is not None
    assert entry.remote.name == "Maria Rossi"
    assert _uris(stage) == []
    await stage.phone.click("Maria Rossi", times=2)
    await stage.phone.until(lambda: _uris(stage) == [entry.remote.uri])


async def test_a_suggestion_is_called_by_clicking_twice(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    await stage.phone.press("d")
    await stage.phone.type("support")
    await stage.phone.sees("107@example.com")
    await stage.phone.click("107@example.com", times=2)
    await stage.phone.until(lambda: _uris(stage) == ["sip:107@example.com"])


async def test_an_account_and_a_call_open_by_clicking_twice(stage: Stage) -> None:
    await stage.accounts()
    await stage.active()
    await stage.phone.click("home", times=2)
    assert _screen(stage) == AccountForm
    await stage.phone.to_main()
    await stage.phone.click("Front desk", times=2)
    assert _screen(stage) == LockDetails


async def test_words_with_a_key_can_be_clicked(stage: Stage) -> None:
    await stage.phone.to_main()
    await stage.phone.click("n adds one")
    assert _screen(stage) == AccountForm
    await stage.phone.to_main()
    await stage.phone.click("? help")
    assert _screen(stage) == Guide


async def test_a_key_of_ones_own_takes_the_place_of_the_usual_one(stage: Stage) -> None:
    stage.engine.paths.settings.write_text('[keys]\n"call.mute" = "z,f9"\n')
    await stage.accounts()
    call = await stage.active()
    await stage.phone.until(lambda: stage.phone.app.keymap.keys["call.mute"] == "z,f9")
    await stage.phone.sees("z mute")
    await stage.phone.press("m")
    assert not _muted(stage, call)
    await stage.phone.press("f9")
    await stage.phone.until(lambda: _muted(stage, call))


def _muted(stage: Stage, call: str) -> bool:
    shown = stage.phone.app.state.find(call)
    return shown is not None and shown.call.muted


@pytest.mark.parametrize(
    ("keys", "told_so"),
    [
        ({"call.mut": "M"}, "there is no action “call.mut”, did you mean “call.mute”?"),
        ({"call.mute": "h"}, "“h” is taken by “call.hold”"),
        ({"call.mute": "ctrl+nothing"}, "“ctrl+nothing” is not a key"),
    ],
)
async def test_a_key_that_cannot_be_given_is_told(
    stage: Stage, keys: dict[str, str], told_so: str
) -> None:
    await stage.phone.to_main()
    await stage.phone.resize(160, 24)
    changes: dict[str, str | int | bool | None] = {f"keys.{k}": v for k, v in keys.items()}
    await stage.engine.client.ask(ChangeSettings(changes=changes))
    await stage.phone.sees(told_so)
    assert stage.phone.app.keymap.keys["call.mute"] == "m"


async def test_no_letter_answers_while_somebody_types(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.engine.incoming("work", stage.address("Bob", "bob"))
    await stage.phone.until(lambda: stage.phone.app.state.incoming)
    await stage.phone.press("d")
    await stage.phone.type("axb")
    assert stage.phone.app.main.dial.input.value == "axb"
    assert stage.state_of(call) is CallState.INCOMING
    await stage.phone.press("f2")
    await stage.phone.until(lambda: stage.state_of(call) is CallState.ACTIVE)


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_the_keyboard_stays_where_it_is_on_a_smaller_screen(stage: Stage, width: int) -> None:
    await stage.accounts()
    await stage.phone.resize(120, 40)
    stage.phone.app.main.accounts.focus()
    await stage.phone.resize(width, 20)
    assert stage.phone.focus == "accounts"
    assert "alice@pbx.work" in stage.phone.text
    await stage.phone.resize(120, 40)
    await stage.phone.press("down")
    selected = stage.phone.app.main.accounts.selected
    assert selected is not None
    assert selected.name == "home"


async def test_a_step_of_the_cursor_draws_two_rows_once(stage: Stage) -> None:
    await stage.accounts()
    await stage.log()
    stage.phone.draws = True
    await stage.phone.press("down", "up")
    for key in ("down", "up"):
        before = len(stage.phone.drawn)
        await stage.phone.press(key)
        drawn = stage.phone.drawn[before:]
        assert len(drawn) == 1
        assert len(set(re.findall(r"\x1b\[(\d+);\d+H", drawn[0]))) == 2


async def test_tones_that_were_lost_are_told(stage: Stage) -> None:
    await stage.accounts()
    call = await stage.active()
    stage.engine.loses_digits(call, 2, Cause(CauseKind.DIGITS_HELD_HERE))
    await stage.phone.sees("The last 2 tones were not sent: the call is on hold")
