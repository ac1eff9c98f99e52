"""Other keys for actions, chosen by pressing them."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.reading import running_text
from tui.phone.leave import Leave
from tui.settings.keys import Keys, NewKey
from voip.model import CallState


async def go_to(phone: Screen, action: str) -> None:
    await phone.to_main()
    phone.app.push_screen(Keys())
    await phone.settle()
    box = phone.app.screen
    assert isinstance(box, Keys)
    box.rows.select(action)
    await phone.settle()


def saved(standin: StandIn) -> dict[str, str]:
    return standin.engine.settings.keys


async def test_a_new_key_is_saved_shown_and_does_it(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "dial.open")
    await phone.press("enter")
    await phone.sees("Press the new key")
    await phone.press("f9")
    await phone.until(lambda: saved(standin) == {"dial.open": "f9"})
    assert "f9          Go to the dial line" in phone.text
    assert "your own" in phone.text
    await phone.press("escape", "f9")
    assert phone.app.main.dial.input.has_focus


async def test_other_keys_of_an_action_stay(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "call.answer")
    await phone.press("enter", "z")
    await phone.until(lambda: saved(standin) == {"call.answer": "z,f2"})
    await phone.press("enter", "a")
    await phone.until(lambda: saved(standin) == {})


async def test_a_key_that_is_taken_is_refused_and_nothing_is_saved(
    phone: Screen, standin: StandIn
) -> None:
    await go_to(phone, "dial.open")
    await phone.press("enter", "e")
    why = "not saved: keys: dial.open: “e” is taken by “call.end” (End the call); give that one"
    await phone.until(lambda: why in running_text(phone))
    assert saved(standin) == {}
    assert not standin.paths.settings.exists()


async def test_back_to_its_own_keys(phone: Screen, standin: StandIn) -> None:
    standin.paths.settings.write_text('[keys]\n"dial.open" = "f9"\n')
    await standin.engine.reload_settings()
    await phone.until(lambda: phone.app.keymap.changed)
    await go_to(phone, "dial.open")
    await phone.press("delete")
    await phone.until(lambda: saved(standin) == {})
    assert "  d           Go to the dial line" in phone.text


async def test_escape_changes_nothing(phone: Screen, standin: StandIn) -> None:
    await go_to(phone, "dial.open")
    await phone.press("enter", "escape")
    assert isinstance(phone.app.screen, Keys)
    assert saved(standin) == {}


async def test_somebody_who_calls_is_answered(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await standin.add_account("work")
    await go_to(phone, "dial.open")
    await phone.press("enter")
    call = await standin.incoming("work")
    await phone.sees("Bob")
    await phone.press("f2")
    await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
    assert isinstance(phone.app.screen, NewKey)
    assert saved(standin) == {}


async def test_a_key_that_the_screen_beneath_has_does_nothing_there(
    phone: Screen, standin: StandIn
) -> None:
    await go_to(phone, "dial.open")
    await phone.press("enter", "q")
    await phone.sees("“q” is taken by “phone.quit”")
    assert not any(isinstance(box, Leave) for box in phone.app.screen_stack)
