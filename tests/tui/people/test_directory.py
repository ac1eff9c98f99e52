"""People of the contacts command, in the list and beneath the dial line."""

from __future__ import annotations

import shlex
import sys

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on
from tui.people.new_contact import NewContact
from tui.widgets import directory
from voip.protocol.settings import ChangeSettings
from voip.protocol.worker.calls import StartCall


@pytest.fixture
async def searching(main: Screen, standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A phone whose command finds Eve, and fails for “broken”."""
    monkeypatch.setattr(directory, "PAUSE_S", 0)
    program = (
        "text = input()\n"
        "if text == 'broken': raise SystemExit(3)\n"
        "print('Eve [x] Example\\t+49 30 5550100\\tdesk') if 'eve'.startswith(text) else None"
    )
    await use(main, standin, shlex.join((sys.executable, "-c", program)))
    return main


async def use(main: Screen, standin: StandIn, command: str) -> None:
    await standin.client.ask(ChangeSettings(changes={"contacts.command": command}))
    await main.until(lambda: main.app.state.settings.contacts.command == command)


async def test_the_list_shows_whom_the_command_finds(searching: Screen, standin: StandIn) -> None:
    await searching.press("C")
    await searching.sees("No contacts yet.")
    await searching.press("slash")
    await searching.type("eve")
    await searching.sees("Eve (x) Example")
    (row,) = (row for row in searching.lines if "Eve (x)" in row)
    assert row.split()[-3:-1] == ["desk", "directory"]
    await searching.press("enter", "A")
    await on(searching, NewContact)
    await searching.press("enter")
    await searching.until(lambda: "directory" not in searching.text)
    assert "Eve (x) Example" in searching.text
    assert len(list(standin.paths.contacts.glob("*.vcf"))) == 1


async def test_a_failure_is_a_notice_in_the_list(searching: Screen) -> None:
    await searching.press("C")
    await searching.press("slash")
    await searching.type("broken")
    await searching.sees("the contacts command failed with status 3")


async def test_the_dial_line_offers_whom_the_command_finds(
    searching: Screen, standin: StandIn
) -> None:
    await searching.press("d")
    await searching.type("eve")
    await searching.sees("“Eve (x) Example”")
    (row,) = (row for row in searching.lines if "“Eve (x)" in row)
    assert "+49 30 5550100" in row
    assert "directory" in row
    await searching.press("down", "enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri.startswith("sip:+49305550100@")
