"""A link of another program waits in the dial line for its user."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.support.clock import Clock
from tests.support.screen.pilot import Screen, screen
from tests.support.standin.engine import StandIn
from tui.calls.dial import Dial

BOB = "sip:bob@pbx.example.com"
Opened = Callable[[str], AbstractAsyncContextManager[Screen]]


@pytest.fixture
async def opened(clock: Clock, standin: StandIn) -> AsyncIterator[Opened]:
    """Opens the phone with the text of a link, and an account to call with."""
    await standin.add_account("work")
    yield lambda text: screen(clock=clock, dialled=text)


async def test_its_callee_is_shown_and_called_with_enter(opened: Opened, standin: StandIn) -> None:
    async with opened("sips:bob@evil.test") as phone:
        await phone.sees("calls bob@evil.test")
        assert phone.focus == "dial"
        await phone.sees("sips:bob@evil.test")
        assert standin.script.called == []
        await phone.press("enter")
        await phone.until(lambda: standin.script.called)
        assert standin.script.called == ["sip:bob@evil.test;transport=tls"]


async def test_one_that_cannot_be_called_says_why(opened: Opened, standin: StandIn) -> None:
    async with opened("tel:+1-555-0100;ext=5") as phone:
        await phone.sees("is more than a number: call +15550100, then send 5")
        await phone.press("enter")
        await phone.sees("is more than a number")
        assert standin.script.called == []


async def test_enter_before_its_callee_was_shown_calls_nobody(
    opened: Opened, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(dial: Dial, text: str) -> None:
        """Leave a look-up without its answer."""

    with monkeypatch.context() as patch:
        patch.setattr(Dial, "_ask", silent)
        async with opened(BOB) as phone:
            await phone.press("enter", "enter")
            assert standin.script.called == []
            patch.undo()
            await phone.press("enter")
            await phone.sees("calls bob@pbx.example.com")
            assert standin.script.called == []
            await phone.press("enter")
            await phone.until(lambda: standin.script.called)
    assert standin.script.called == [f"{BOB};transport=tls"]


async def test_the_server_of_a_long_one_is_in_sight(clock: Clock, standin: StandIn) -> None:
    await standin.add_account("work")
    link = f"sip:+18005550100%20bank.test{'-' * 90}@bank.test.{'x' * 60}.evil.test"
    async with screen((60, 20), clock=clock, dialled=link) as phone:
        await phone.sees("calls +18005550100 … ")
        await phone.sees("xxx.evil.test ")


async def test_a_link_that_was_changed_is_typed_text(opened: Opened, standin: StandIn) -> None:
    async with opened("100") as phone:
        await phone.press("1", "enter")
        await phone.until(lambda: standin.script.called)
    assert standin.script.called == ["sip:1001@pbx.example.com;transport=tls"]


async def test_the_first_start_has_its_welcome_in_front(clock: Clock, standin: StandIn) -> None:
    async with screen(clock=clock, dialled=BOB) as phone:
        await phone.sees("Welcome")
        await phone.press("enter")
        await phone.to_main()
        assert phone.app.main.dial.input.value == BOB
        assert phone.focus == "dial"
    assert standin.script.called == []
