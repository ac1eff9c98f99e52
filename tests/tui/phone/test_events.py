"""The engine's events, followed on the screen."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.phone import events
from tui.phone.events import EventDetails, Events


async def show_events(phone: Screen) -> Events:
    await phone.to_main()
    await phone.press("E")
    box = phone.app.screen
    assert isinstance(box, Events)
    return box


async def test_events_come_as_they_happen(phone: Screen, standin: StandIn) -> None:
    await phone.to_main()
    await phone.press("E")
    assert "No events yet" in phone.text
    await standin.add_account("work")
    await phone.sees("14:32:00  account           work: registered")
    await standin.incoming("work")
    await phone.sees("calls you, […")


async def test_the_end_is_followed_unless_one_looks_elsewhere(
    phone: Screen, standin: StandIn
) -> None:
    box = await show_events(phone)
    await standin.add_account("work")
    for number in range(30):
        standin.engine.notice("info", f"number {number}")
    await phone.sees("info: number 29")
    await phone.press("up")
    standin.engine.notice("info", "the last")
    await phone.until(lambda: "the last" in str(phone.app.events[-1]))
    await phone.settle()
    assert box.rows.selected is not None
    assert "number 28" in str(box.rows.selected.event)
    assert "the last" not in phone.text
    await phone.press("end")
    assert "the last" in phone.text


async def test_old_events_make_room(
    phone: Screen, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_MOST", 5)
    box = await show_events(phone)
    for number in range(5):
        standin.engine.notice("info", f"number {number}")
    await phone.sees("number 4")
    await phone.press("home", "down")
    standin.engine.notice("info", "number 5")
    await phone.sees("number 5")
    assert box.rows.count() == 5
    assert "number 0" not in phone.text
    assert box.rows.selected is not None
    assert "number 1" in str(box.rows.selected.event)


async def test_searching(phone: Screen, standin: StandIn) -> None:
    await show_events(phone)
    standin.engine.notice("warning", "Apples")
    standin.engine.notice("info", "Pears")
    await phone.sees("Pears")
    await phone.press("slash", *"apple")
    assert "Apples" in phone.text
    assert "Pears" not in phone.text
    standin.engine.notice("info", "more pears")
    standin.engine.notice("info", "more apples")
    await phone.sees("more apples")
    assert "pears" not in phone.text
    await phone.press("enter", "escape")
    await phone.sees("more pears")
    await phone.press("escape")
    assert phone.app.screen is phone.app.main


async def test_one_event_in_full(phone: Screen, standin: StandIn) -> None:
    await show_events(phone)
    standin.engine.notice("warning", "Apples")
    await phone.sees("Apples")
    await phone.press("enter")
    assert isinstance(phone.app.screen, EventDetails)
    assert '"text": "Apples"' in phone.text
    await phone.press("escape")
    assert isinstance(phone.app.screen, Events)
