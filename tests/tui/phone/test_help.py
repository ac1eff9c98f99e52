"""Help: the current keys, and the meaning of the lock."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.reading import running_text
from tui.keys.actions import ACTIONS


async def show_help(phone: Screen) -> None:
    await phone.to_main()
    await phone.press("question_mark")
    await phone.sees("works now")


async def test_every_action_is_in_it(phone: Screen) -> None:
    await phone.resize(120, 200)
    await show_help(phone)
    for action in ACTIONS:
        assert action.title in phone.text
    assert "It is not end to end." in phone.text
    assert "the ordinary telephone network" in running_text(phone)
    assert "Capture a call with tshark" in phone.text


async def test_what_works_now_is_marked(phone: Screen, standin: StandIn) -> None:
    await show_help(phone)
    assert "│   e             End the call" in phone.text
    await phone.to_main()
    await standin.add_account("work")
    await standin.call("100")
    await phone.sees("calling")
    await show_help(phone)
    assert "│ ▸ e             End the call" in phone.text


async def test_keys_of_ones_own_are_shown(phone: Screen, standin: StandIn) -> None:
    standin.paths.settings.write_text('[keys]\n"call.end" = "f9"\n"lock.details" = "f8"\n')
    await standin.engine.reload_settings()
    await phone.until(lambda: phone.app.keymap.changed)
    await show_help(phone)
    assert "f9            End the call" in phone.text
    await phone.press("end")
    assert "f8 on a call or an account shows which fact is missing" in running_text(phone)


async def test_searching(phone: Screen) -> None:
    await show_help(phone)
    await phone.press("slash", *"tones")
    assert "Open the keypad, to send tones" in phone.text
    assert "Answer the call" not in phone.text
    await phone.press(*"xx")
    assert "No matches." in phone.text
    await phone.press("escape")
    assert "Answer the call" in phone.text
