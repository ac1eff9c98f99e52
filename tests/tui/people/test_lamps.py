"""Lamps of contacts: in the list, and above the dial line."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on
from tui.phone.main import MainScreen
from voip.protocol.accounts import EditAccount
from voip.protocol.worker.calls import StartCall

_CARDS = "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nTEL:200\nEND:VCARD\n"


@pytest.fixture
async def lit(main: Screen, standin: StandIn) -> Screen:
    """The main screen, of a phone whose account has lamps for Bob."""
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_CARDS)
    fields: dict[str, str | int | bool | None] = {"lamps": "dialog", "pickup": "**{number}"}
    await standin.client.ask(EditAccount(name="work", fields=fields))
    await standin.until_registered("work")
    return main


def row_of(screen: Screen, name: str) -> str:
    return next((line for line in screen.lines if f" {name} " in line), "")


async def test_a_lamp_follows_a_colleague(lit: Screen, standin: StandIn) -> None:
    await lit.press("C")
    await lit.sees("200")
    for states, words in ((("early",), "◐ ringing"), (("confirmed",), "● busy"), ((), "○ free")):
        await standin.in_calls("200", *states)
        await lit.until(lambda words=words: words in row_of(lit, "Bob"))  # type: ignore[misc]
    standin.drop_connection("work")
    await lit.until(lambda: "free" not in row_of(lit, "Bob"))


async def test_presence_is_shown_with_a_persons_own_words(lit: Screen, standin: StandIn) -> None:
    fields: dict[str, str | int | bool | None] = {"lamps": "presence"}
    await standin.client.ask(EditAccount(name="work", fields=fields))
    (watch,) = await standin.watches("work", "200")
    await standin.notify(
        "200",
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{watch.uri}"><note>Lunch</note>'
        '<tuple id="t"><status><basic>open</basic></status></tuple></presence>',
    )
    await lit.press("C")
    await lit.until(lambda: "○ free, “Lunch”" in row_of(lit, "Bob"))


async def test_the_dial_line_says_what_whom_it_would_call_does(
    lit: Screen, standin: StandIn
) -> None:
    await standin.in_calls("200", "confirmed")
    await lit.press("d")
    await lit.type("200")
    await lit.until(lambda: "● busy" in row_of(lit, "Bob"))
    await lit.sees("calls 200@pbx.example.com  ● busy")


async def test_a_ringing_colleague_is_picked_up_by_a_key(lit: Screen, standin: StandIn) -> None:
    await standin.in_calls("200", "early")
    await lit.press("C")
    await lit.until(lambda: "ringing" in row_of(lit, "Bob"))
    await lit.press("g")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:**200@pbx.example.com;transport=tls"
    await on(lit, MainScreen)
