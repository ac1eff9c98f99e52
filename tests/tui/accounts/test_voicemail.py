"""The key of voice mail: whose mailbox it calls, and words where there is none."""

from __future__ import annotations

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from voip.model import Voicemail
from voip.protocol.worker.calls import StartCall


async def test_the_mailbox_that_the_server_names_is_called(main: Screen, standin: StandIn) -> None:
    standin.voicemail("work", Voicemail(new=2, mailbox="sip:*97@pbx.example.com"))
    await main.sees("2 messages")
    await main.press("V")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:*97@pbx.example.com;transport=tls"


async def test_the_account_under_the_cursor_is_called(main: Screen, standin: StandIn) -> None:
    await standin.add_account("home", domain="home.example", voicemail="*1")
    await main.until(lambda: len(main.app.state.accounts) == 2)
    main.app.main.accounts.focus()
    main.app.main.accounts.select("home")
    await main.press("V")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:*1@home.example;transport=tls"


async def test_without_a_mailbox_the_field_is_named(main: Screen, standin: StandIn) -> None:
    await main.press("V")
    await main.sees("names no mailbox: set the field “voicemail”")
    assert standin.script.of_kind(StartCall) == []
