"""The engine's log on the screen."""

from __future__ import annotations

import logging

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.phone.engine_log import EngineLog


async def show_log(phone: Screen) -> EngineLog:
    await phone.to_main()
    await phone.press("L")
    await phone.sees("0.1.0 is up,")
    box = phone.app.screen
    assert isinstance(box, EngineLog)
    return box


async def test_the_log_and_its_file(phone: Screen, standin: StandIn) -> None:
    await show_log(phone)
    assert str(standin.paths.log) in phone.text


async def test_it_follows_its_end_unless_one_reads_elsewhere(
    phone: Screen, standin: StandIn
) -> None:
    box = await show_log(phone)
    for number in range(40):
        standin.engine.notice("info", f"number {number}")
    await phone.sees("number 39")
    await phone.press("home")
    standin.engine.notice("info", "the last")
    await phone.until(lambda: any("the last" in line for line in box._lines))
    await phone.settle()
    assert "the last" not in phone.text
    assert "0.1.0 is up," in phone.text
    await phone.press("end")
    assert "the last" in phone.text


async def test_it_is_read_again(phone: Screen, standin: StandIn) -> None:
    await show_log(phone)
    logging.getLogger("voip.engine").warning("said without an event")
    await phone.settle()
    assert "without an event" not in phone.text
    await phone.press("r")
    await phone.sees("said without an event")


async def test_searching(phone: Screen, standin: StandIn) -> None:
    await show_log(phone)
    standin.engine.notice("info", "Apples")
    await phone.sees("Apples")
    await phone.press("slash", *"APPL")
    assert "Apples" in phone.text
    assert "0.1.0 is up," not in phone.text
    await phone.press("x")
    assert "No matching lines." in phone.text
    await phone.press("escape")
    assert "0.1.0 is up," in phone.text


async def test_without_an_engine_it_says_so(phone: Screen, standin: StandIn) -> None:
    await show_log(phone)
    await standin.crash()
    await phone.until(lambda: not phone.app.connected)
    await phone.press("r")
    await phone.sees("The log cannot be read: ")
    assert "0.1.0 is up," in phone.text
