"""Both engines: contacts, favourites, the page of a person, and blocked callers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.engines.sides import ACCOUNT, BOB, Side
from voip.client.errors import CommandFailed
from voip.model import BlockedCaller, CallState, NameFrom, Outcome
from voip.protocol.calls import AnswerCall, CallEvent, GetHistory, HistoryPage
from voip.protocol.people import (
    AddContact,
    BlockCaller,
    BlockedCallers,
    Contact,
    ContactAdded,
    ContactNumber,
    ContactsEvent,
    ContactsPage,
    DirectoryPage,
    GetBlocked,
    GetContacts,
    GetPerson,
    MarkFavourite,
    PersonPage,
    SearchDirectory,
    UnblockCaller,
)
from voip.protocol.phone import GetStatus, NoticeEvent
from voip.protocol.settings import ChangeSettings

_CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:{}\nIMPP:sip:{}\nEND:VCARD\n"
_FINDER = """#!/bin/sh
read -r searched
[ "$searched" = eve ] && printf 'Eve Example\\t+49 30 5550100\\tdesk\\n'
exit 0
"""
MALLORY = '"Mallory" <sip:mallory@evil.example>'


async def test_a_contact_is_marked_and_has_calls_and_texts(side: Side) -> None:
    await side.register()
    client = side.engine.client
    folder = Path((await client.get(GetContacts(), ContactsPage)).folder)
    folder.mkdir()
    cards = (("Al", "al@example.com"), ("Bob", "bob@example.com"))
    (folder / "all.vcf").write_text("".join(_CARD.format(*card) for card in cards))
    missed = await side.incoming(BOB)
    side.gives_up(missed)
    await side.engine.until_logged(missed)
    text = await side.writes(BOB, "Are you there?")
    position = len(side.engine.events)
    marked = await client.get(MarkFavourite(contact="bob"), Contact)
    assert (marked.name, marked.favourite) == ("Bob", True)
    await side.engine.until(ContactsEvent, lambda e: True, position)
    page = await client.get(GetContacts(), ContactsPage)
    assert [(c.name, c.favourite) for c in page.contacts] == [("Bob", True), ("Al", False)]
    bob, al = page.contacts
    assert al.last_call is None
    assert bob.last_call is not None
    person = await client.get(GetPerson(who="Bob"), PersonPage)
    assert person.contact == bob
    assert [call.id for call in person.calls] == [missed]
    assert [kept.id for kept in person.texts] == [text.id]


async def test_a_new_contact_is_a_file_and_names_its_next_call(side: Side) -> None:
    await side.register()
    client = side.engine.client
    added = await client.get(AddContact(name="Robert", number="sip:bob@example.com"), ContactAdded)
    assert Path(added.path).stat().st_mode & 0o777 == 0o600
    call = await side.incoming(BOB)
    side.gives_up(call)
    entry = await side.engine.until_logged(call)
    assert (entry.remote.name, entry.remote.name_from) == ("Robert", NameFrom.CONTACT)
    with pytest.raises(CommandFailed, match="already: Robert"):
        await client.ask(AddContact(name="Eve", number="bob@example.com"))


async def test_the_contacts_command_finds_further_people(side: Side, tmp_path: Path) -> None:
    client, program = side.engine.client, tmp_path / "finder"
    program.write_text(_FINDER)
    program.chmod(0o700)
    await client.ask(ChangeSettings(changes={"contacts.command": str(program)}))
    page = await client.get(SearchDirectory(search="eve"), DirectoryPage)
    assert page.problem is None
    assert [(c.name, c.numbers, c.directory) for c in page.contacts] == [
        ("Eve Example", (ContactNumber("+49 30 5550100", "desk"),), True)
    ]
    assert await client.get(SearchDirectory(search="bob"), DirectoryPage) == DirectoryPage()


async def block(side: Side, caller: str) -> BlockedCaller:
    command = BlockCaller(caller=caller, account=ACCOUNT)
    return await side.engine.client.get(command, BlockedCaller)


async def blocked(side: Side) -> list[str]:
    reply = await side.engine.client.get(GetBlocked(), BlockedCallers)
    return [entry.address for entry in reply.callers]


async def test_a_blocked_caller_is_declined_without_a_word_to_anybody(side: Side) -> None:
    await side.register()
    entry = await block(side, "mallory@EVIL.example")
    assert (entry.account, entry.address) == (ACCOUNT, "sip:mallory@evil.example")
    position = len(side.engine.events)
    # RFC 3261 section 21.6.2; no 180 Ringing before it.
    assert await side.calls_in_vain(MALLORY) == (603,)
    await side.engine.client.ask(GetStatus())
    events = [numbered.event for numbered in side.engine.events[position:]]
    assert not [e for e in events if isinstance(e, CallEvent | NoticeEvent)]
    (row,) = (await side.engine.client.get(GetHistory(), HistoryPage)).entries
    assert (row.outcome, row.code, row.sign) == (Outcome.BLOCKED, 603, None)
    assert row.reason == "you have blocked this caller"
    assert row.remote.name == "Mallory"
    assert (await side.engine.status()).calls == ()


async def test_nobody_else_is_blocked_and_calls_to_them_go_out(side: Side) -> None:
    await side.register()
    await block(side, "mallory@evil.example")
    ringing = await side.incoming('"Mallory" <sip:mallory@other.example>')
    side.gives_up(ringing)
    await side.engine.until_logged(ringing)
    call = await side.dial("mallory@evil.example")
    side.refuses(call, 486, "Busy Here")
    assert (await side.engine.until_logged(call)).outcome is Outcome.BUSY


async def test_blocking_a_caller_who_rings_declines_the_call(side: Side) -> None:
    await side.register()
    call = await side.incoming(MALLORY)
    await block(side, "sip:mallory@evil.example")
    row = await side.engine.until_logged(call)
    assert (row.outcome, row.code) == (Outcome.DECLINED, 603)


async def test_an_unblocked_caller_rings_again(side: Side) -> None:
    await side.register()
    await block(side, "sip:bob@example.com")
    await block(side, "bob@example.com")
    await block(side, "100")
    assert await blocked(side) == ["sip:bob@example.com", "sip:100@pbx.example.com"]
    unblock = UnblockCaller(caller="sip:bob@example.com", account=ACCOUNT)
    await side.engine.client.ask(unblock)
    assert await blocked(side) == ["sip:100@pbx.example.com"]
    call = await side.incoming(BOB)
    await side.engine.client.ask(AnswerCall(call=call))
    await side.engine.until_state(call, CallState.ACTIVE)


async def test_one_caller_is_asked_about_by_any_way_to_write_it(side: Side) -> None:
    await side.register()
    await block(side, "+34 600 111 222")
    for written, count in (("sip:+34600111222@10.0.0.1", 1), ("+34600111223", 0)):
        asked = GetBlocked(caller=written, account=ACCOUNT)
        reply = await side.engine.client.get(asked, BlockedCallers)
        assert len(reply.callers) == count
