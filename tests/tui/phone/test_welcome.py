"""The welcome of a first start, and the ways on from it."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tui.accounts.form import AccountForm
from tui.phone.welcome import Welcome
from voip.model import CallState


async def test_it_is_there_at_a_first_start_and_only_then(phone: Screen, standin: StandIn) -> None:
    assert phone.focus == "add"
    await phone.to_main()
    await standin.drop_clients()
    await phone.until(lambda: not phone.app.connected)
    await phone.until(lambda: phone.app.connected)
    assert phone.app.screen is phone.app.main


@pytest.mark.parametrize("keys", [(), ("down", "up"), ("tab", "shift+tab")])
async def test_it_leads_to_an_account(phone: Screen, keys: tuple[str, ...]) -> None:
    await phone.press(*keys, "enter")
    assert isinstance(phone.app.screen, AccountForm)


async def test_it_leads_to_a_test_call(phone: Screen) -> None:
    await phone.press("down", "enter")
    await phone.until(lambda: phone.app.state.calls)
    assert phone.app.screen is phone.app.main
    await phone.until(lambda: phone.app.state.calls[0].call.state is CallState.ACTIVE)
    assert phone.app.state.calls[0].call.account == "echo"


async def test_one_can_look_around_first(phone: Screen) -> None:
    await phone.press("up", "enter")
    assert phone.app.screen is phone.app.main
    await phone.press("W")
    assert isinstance(phone.app.screen, Welcome)


async def test_a_click_will_do(phone: Screen) -> None:
    await phone.resize(60, 20)
    await phone.click("Add an account")
    assert isinstance(phone.app.screen, AccountForm)
