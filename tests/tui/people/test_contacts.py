"""The list of contacts: what it shows, finds and calls."""

from __future__ import annotations

import pytest

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on
from tui.messages.thread import ThreadBox
from tui.people.contacts import ContactsBox
from tui.people.person import PersonBox
from tui.phone.main import MainScreen
from voip.model import CallState
from voip.protocol.worker.calls import StartCall

_CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:Ann Example
TEL;TYPE=work:+49 30 123456
TEL;TYPE=cell:0171 5550123,,55
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Bob Builder
IMPP:sip:bob@elsewhere.example
END:VCARD
"""


@pytest.fixture
async def people(main: Screen, standin: StandIn) -> Screen:
    """The main screen of a phone that knows Ann and Bob, with the list open."""
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_CARDS)
    await main.press("C")
    await main.sees("Bob Builder")
    return main


async def test_without_contacts_it_names_the_folder(main: Screen, standin: StandIn) -> None:
    await main.press("C")
    await main.sees("No contacts yet.")
    await main.sees("Put vCard files (*.vcf) into")


async def test_each_number_has_a_row_with_its_label(people: Screen) -> None:
    shown = [row.split() for row in people.lines if "Example" in row or "Builder" in row]
    assert [row[1:-1] for row in shown] == [
        ["Ann", "Example", "+49", "30", "123456", "work"],
        ["Ann", "Example", "0171", "5550123", "then", ",,55", "cell"],
        ["Bob", "Builder", "sip:bob@elsewhere.example"],
    ]


@pytest.mark.parametrize("typed", ["BUILD", "elsewhere", "bob b"])
async def test_the_search_finds_by_name_and_address(people: Screen, typed: str) -> None:
    await people.press("slash")
    await people.type(typed)
    await people.until(lambda: "Ann Example" not in people.text)
    assert "Bob Builder" in people.text
    await people.type("xyz")
    await people.sees("Nobody matches.")
    await people.press("escape")
    await people.sees("Ann Example")


async def test_a_number_is_found_however_it_is_written(people: Screen) -> None:
    await people.press("slash")
    await people.type("30-12")
    await people.until(lambda: "Bob Builder" not in people.text)
    assert "Ann Example" in people.text


async def test_enter_calls_the_number_under_the_cursor(people: Screen, standin: StandIn) -> None:
    await people.press("enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:+4930123456@pbx.example.com;transport=tls"
    await on(people, MainScreen)
    (call,) = (await standin.status()).calls
    assert call.remote.name == "Ann Example"


@pytest.mark.parametrize("written", [":0171 5550123,,55", ";VALUE=uri:tel:01715550123;ext=55"])
async def test_tones_behind_a_number_are_sent_once_somebody_answers(
    main: Screen, standin: StandIn, written: str
) -> None:
    standin.paths.contacts.mkdir()
    card = f"BEGIN:VCARD\nVERSION:4.0\nFN:Ann\nTEL{written}\nEND:VCARD\n"
    (standin.paths.contacts / "ann.vcf").write_text(card)
    await main.press("C")
    await main.sees("Ann")
    await main.press("enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri == "sip:01715550123@pbx.example.com;transport=tls"
    (call,) = (await standin.status()).calls
    assert call.post_dial is not None


async def test_what_was_found_is_called_by_a_second_enter(people: Screen, standin: StandIn) -> None:
    await people.press("slash")
    await people.type("bob")
    await people.until(lambda: "Ann Example" not in people.text)
    await people.press("enter")
    assert standin.script.of_kind(StartCall) == []
    await people.press("enter")
    (order,) = await standin.script.until(StartCall)
    assert order.uri.startswith("sip:bob@elsewhere.example")


async def test_while_it_rings_enter_calls_nobody(people: Screen, standin: StandIn) -> None:
    call = await standin.incoming("work", '"Eve" <sip:eve@pbx.example.com>')
    await people.until(lambda: bool(people.app.state.incoming))
    await people.press("enter")
    await people.settle()
    assert standin.script.of_kind(StartCall) == []
    assert isinstance(people.app.screen, ContactsBox)
    standin.remote_hangs_up(call)
    await standin.until_logged(call)


async def test_a_text_is_written_to_the_number_under_the_cursor(people: Screen) -> None:
    await people.press("down", "down", "I")
    await on(people, ThreadBox)
    await people.sees("bob@elsewhere.example")


async def test_the_log_shows_the_calls_with_a_person(people: Screen, standin: StandIn) -> None:
    for user in ("+4930123456", "100"):
        call = await standin.call(user, account="work")
        standin.remote_answers(call)
        await standin.reaches_call(call, lambda c: c.state is CallState.ACTIVE)
        standin.remote_hangs_up(call)
        await standin.until_logged(call)
    await people.press("o")
    await on(people, MainScreen)
    log = people.app.main.log_pane
    await people.until(lambda: log.rows.book.loaded and log.rows.book.total == 1)
    assert log.rows.selected is not None
    assert log.rows.selected.remote.name == "Ann Example"


async def test_a_favourite_moves_up_and_the_cursor_with_it(people: Screen) -> None:
    await people.press("down", "down", "f")
    await people.until(lambda: "★ Bob Builder" in people.text)
    box = people.app.screen
    assert isinstance(box, ContactsBox)
    await people.until(lambda: box.rows.cursor == 0)
    assert box.rows.selected is not None
    assert box.rows.selected.name == "Bob Builder"
    await people.press("f")
    await people.until(lambda: "★" not in people.text)
    assert box.rows.cursor == 2


async def test_the_latest_call_is_beside_the_name(people: Screen, standin: StandIn) -> None:
    call = await standin.incoming("work", "<sip:+4930123456@pbx.example.com>")
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await people.until(lambda: any("Ann Example  ← " in row for row in people.lines))
    assert [row for row in people.lines if "missed" in row and "Ann Example" in row]


async def test_a_person_has_a_page(people: Screen, standin: StandIn) -> None:
    call = await standin.incoming("work", '"Annie" <sip:+4930123456@pbx.example.com>')
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await standin.text_comes("On my way", "work", "<sip:+4930123456@pbx.example.com>")
    await people.press("J")
    await on(people, PersonBox)
    await people.sees("On my way")
    page = people.text
    assert "+49 30 123456  work" in page
    assert "0171 5550123 then ,,55  cell" in page
    assert "missed" in page
    await people.press("escape")
    await on(people, ContactsBox)


async def test_a_caller_has_a_page_from_the_log(main: Screen, standin: StandIn) -> None:
    call = await standin.incoming("work", '"Eve" <sip:300@pbx.example.com>')
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    await main.until(lambda: main.app.main.log_pane.rows.selected is not None)
    main.app.main.log_pane.rows.focus()
    await main.press("J")
    await main.sees("Not among your contacts.")
    assert "“Eve” (300)" in main.text


async def test_a_name_of_somebody_else_draws_nothing(main: Screen, standin: StandIn) -> None:
    standin.paths.contacts.mkdir()
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:A\u202enn\x1b[2J [red]x[/red]\nTEL:100\nEND:VCARD\n"
    (standin.paths.contacts / "odd.vcf").write_text(card)
    await main.press("C")
    await main.sees("(red)x(/red)")
    assert "\u202e" not in main.text
    assert "\x1b" not in main.text


@pytest.mark.parametrize("key", ["enter", "I"])
async def test_why_nothing_happens_is_said_in_the_box(
    phone: Screen, standin: StandIn, key: str
) -> None:
    await phone.to_main()
    standin.paths.contacts.mkdir()
    (standin.paths.contacts / "all.vcf").write_text(_CARDS)
    await phone.press("C")
    await phone.sees("Bob Builder")
    await phone.press(key)
    await phone.sees("There is no account to")
    assert isinstance(phone.app.screen, ContactsBox)
