"""A caller becomes a contact: from the log, by two keys."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.support.screen.pilot import Screen
from tests.support.standin.engine import StandIn
from tests.tui.calls.conftest import on
from tui.people.contacts import ContactsBox
from tui.people.new_contact import NewContact
from tui.phone.main import MainScreen
from voip.engine.people import vcard


async def missed(main: Screen, standin: StandIn, sender: str) -> None:
    """Have a caller in the log, with the cursor on their row."""
    call = await standin.incoming("work", sender)
    standin.remote_hangs_up(call)
    await standin.until_logged(call)
    rows = main.app.main.log_pane.rows
    await main.until(lambda: rows.selected is not None and rows.selected.id == call)
    rows.focus()
    await main.settle()


def typed(main: Screen) -> list[str]:
    return [line.value for line in main.app.screen.query(Input)]


def cards(standin: StandIn) -> list[list[str]]:
    """Return the name and the number of each contact's file."""
    found = []
    for path in standin.paths.contacts.glob("*.vcf"):
        (card,) = vcard.read(path.read_bytes()).cards
        found.append([line.value for line in card.all("FN", "TEL", "IMPP")])
    return found


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ('"Eve Example" <sip:300@pbx.example.com>', ["Eve Example", "300"]),
        ('"Eve" <sip:+34600111222@gateway.example>', ["Eve", "+34600111222"]),
        ('"Eve" <sip:eve@elsewhere.example>', ["Eve", "sip:eve@elsewhere.example"]),
    ],
)
async def test_two_keys_make_a_contact(
    main: Screen, standin: StandIn, sender: str, shown: list[str]
) -> None:
    await missed(main, standin, sender)
    await main.press("A")
    await on(main, NewContact)
    assert typed(main) == shown
    await main.press("enter")
    await on(main, MainScreen)
    await main.sees("is among your contacts")
    assert cards(standin) == [shown]


async def test_the_next_call_has_the_contacts_name(main: Screen, standin: StandIn) -> None:
    await missed(main, standin, '"Eve" <sip:300@pbx.example.com>')
    await main.press("A", "enter")
    await on(main, MainScreen)
    await missed(main, standin, "<sip:300@pbx.example.com>")
    entry = main.app.main.log_pane.rows.selected
    assert entry is not None
    assert (entry.remote.name, entry.remote.claimed) == ("Eve", False)


@pytest.mark.parametrize(
    "name", ["LOCK secure", "+49 30 999999", "\u2190 missed call", "police@city.example"]
)
async def test_a_name_that_imitates_is_not_proposed(
    main: Screen, standin: StandIn, name: str
) -> None:
    await missed(main, standin, f'"{name}" <sip:300@pbx.example.com>')
    await main.press("A")
    await on(main, NewContact)
    assert typed(main) == ["", "300"]
    await main.press("enter")
    await main.sees("A contact needs a name")
    assert isinstance(main.app.screen, NewContact)
    assert cards(standin) == []


async def test_a_caller_who_hides_cannot_be_kept(main: Screen, standin: StandIn) -> None:
    await missed(main, standin, '"Anonymous" <sip:anonymous@anonymous.invalid>')
    await main.press("A")
    await main.sees("there is none to keep")
    assert isinstance(main.app.screen, MainScreen)


async def test_a_contact_is_not_added_again(main: Screen, standin: StandIn) -> None:
    await missed(main, standin, '"Eve" <sip:300@pbx.example.com>')
    await main.press("A", "enter")
    await on(main, MainScreen)
    await main.press("A")
    await main.sees("Eve is among your contacts already")
    assert len(cards(standin)) == 1


async def test_somebody_new_is_typed_in_the_contacts(main: Screen, standin: StandIn) -> None:
    await main.press("C", "A")
    await on(main, NewContact)
    await main.type("Ann")
    await main.press("down")
    await main.type("030 123456")
    await main.press("enter")
    await on(main, ContactsBox)
    await main.sees("030 123456")
    assert cards(standin) == [["Ann", "030 123456"]]
