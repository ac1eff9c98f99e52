"""Keys that arrive at once act as if they came one by one."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.accounts.form import AccountForm


@pytest.mark.parametrize("keys", ["2345", "d2345"])
@pytest.mark.parametrize("pane", ["accounts", "calls", "log"])
async def test_a_number_is_called_whole(
    main: Screen, standin: StandIn, pane: str, keys: str
) -> None:
    screen = main.app.main
    panes = {"accounts": screen.accounts, "calls": screen.calls, "log": screen.log_pane.rows}
    panes[pane].focus()
    await main.settle()
    await main.burst(*keys, "enter")
    await main.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:2345@pbx.example.com;transport=tls"]


async def test_a_search_is_for_the_whole_text(main: Screen) -> None:
    await main.burst(*"/bob")
    assert isinstance(main.app.focused, Input)
    assert main.app.focused.value == "bob"


async def test_what_is_typed_for_a_form_goes_into_it(main: Screen) -> None:
    await main.burst(*"nalice")
    assert isinstance(main.app.screen, AccountForm)
    assert isinstance(main.app.focused, Input)
    assert main.app.focused.value == "alice"


async def test_keys_come_after_what_a_box_was_closed_with(main: Screen, standin: StandIn) -> None:
    await main.burst("?", "escape", *"2345", "enter")
    await main.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:2345@pbx.example.com;transport=tls"]


async def test_enter_twice_is_one_call(main: Screen, standin: StandIn) -> None:
    await main.burst(*"2345", "enter", "enter")
    await main.until(lambda: standin.script.called and not main.app.main.dial.input.value)
    await main.settle()
    assert standin.script.called == ["sip:2345@pbx.example.com;transport=tls"]
