"""Commands about people: look-ups, contacts and blocked callers."""

from __future__ import annotations

import asyncio
import contextlib
import time

import msgspec

from voip.engine.commands import rows
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files.toml import ConfigError
from voip.engine.history.reader import Conditions
from voip.engine.messages.store import Which
from voip.engine.people import targets
from voip.engine.people.directory import DirectoryError
from voip.engine.people.finding import Query
from voip.engine.people.listing import Known
from voip.model import BlockedCaller, CallState, rfc3339
from voip.protocol.people import (
    AddContact,
    BlockCaller,
    BlockedCallers,
    Contact,
    ContactAdded,
    ContactsPage,
    DirectoryPage,
    GetBlocked,
    GetContacts,
    GetPerson,
    LookedUp,
    LookUp,
    MarkFavourite,
    PersonPage,
    SearchDirectory,
    UnblockCaller,
)
from voip.security.imitation import inert
from voip.security.text import clean
from voip.sip import callers
from voip.texts import TextMessage

_MOST_OF_A_PERSON = 100
_MOST_THREADS = 500
_HIDDEN = (
    "the caller hid their address: there is none to block. Decline the call, or ask whoever "
    "runs the server to refuse calls of hidden callers"
)


async def _look_up(engine: Engine, command: LookUp) -> LookedUp:
    with rows.refusals():
        found = await engine.look_ups.look_up(command.text, command.account, command.limit)
    lamp = engine.presence.lamp_at(found.uri or "", found.account or "")
    return msgspec.structs.replace(found, lamp=lamp)


async def _contacts(engine: Engine, command: GetContacts) -> ContactsPage:
    with rows.refusals():
        found = await engine.listing.having(Query(command.search))
    complete = engine.listing.complete(found[: rows.limit_of(command.limit)])
    some = tuple(map(engine.presence.lit, complete))
    folder = str(engine.paths.contacts)
    return rows.fitting(some, lambda fitting: ContactsPage(fitting, len(found), folder))


async def _directory(engine: Engine, command: SearchDirectory) -> DirectoryPage:
    await engine.contacts.refresh()
    try:
        found = await engine.listing.directory.search(command.search)
    except DirectoryError as error:
        return DirectoryPage(problem=str(error))
    return rows.fitting(
        tuple(filter(None, map(engine.contacts.without_known, found))), DirectoryPage
    )


async def _favourite(engine: Engine, command: MarkFavourite) -> Contact:
    contact = (await _known(engine, command.contact, command.number)).contact
    if contact is None:
        raise Refusal("no_contact", f"“{command.contact}” is nobody of your contacts")
    try:
        return engine.listing.mark(contact, command.on)
    except ConfigError as error:
        raise Refusal("bad_favourites", str(error)) from error


async def _add(engine: Engine, command: AddContact) -> ContactAdded:
    name, number = inert(command.name), targets.typed(command.number)
    if not name.strip("\N{REPLACEMENT CHARACTER} "):
        raise Refusal("bad_contact", "a contact needs a name")
    if number is None:
        raise Refusal(
            "bad_contact", f"“{clean(command.number)}” is neither a number nor a SIP address"
        )
    await engine.contacts.refresh()
    there = engine.contacts.match(callers.keys(number.target, None))
    if there is not None:
        words = f"{number.target} is in your contacts already: {there.contact.name}"
        raise Refusal("contact_exists", words)
    try:
        contact, path = await engine.contacts.add(name, number)
    except OSError as error:
        # A disk that is full has no name of a file.
        where = error.filename or engine.paths.contacts
        why = f"{name} is not among your contacts: {where}: {error.strerror}"
        raise Refusal("bad_contact", why) from error
    return ContactAdded(contact, str(path))


async def _person(engine: Engine, command: GetPerson) -> PersonPage:
    known = await _known(engine, command.who, command.number, command.account)
    limit = max(1, min(command.limit, _MOST_OF_A_PERSON))
    with rows.refusals():
        page = await asyncio.to_thread(engine.log_reader.page, Conditions(uris=known.uris), limit)
        texts = await _texts_with(engine, known, limit)
    contact = engine.listing.complete((known.contact,))[0] if known.contact else None
    return PersonPage(contact, known.number, page.entries, texts)


async def _texts_with(engine: Engine, known: Known, limit: int) -> tuple[TextMessage, ...]:
    """Return the latest texts with a person, in all their threads."""
    texts: list[TextMessage] = []
    for thread in await asyncio.to_thread(engine.texts.store.threads, _MOST_THREADS):
        uri, account = thread.last.remote.uri, thread.last.account
        if engine.listing.is_same(known, uri, account):
            which = Which(account=account, thread=engine.texts.thread_of(uri, account))
            texts += await asyncio.to_thread(engine.texts.store.messages, which, limit, None)
    return tuple(sorted(texts, key=lambda text: int(text.id), reverse=True)[:limit])


async def _known(engine: Engine, who: str, number: str | None, account: str | None = None) -> Known:
    with rows.refusals():
        return await engine.listing.find(who, number, account)


async def _block(engine: Engine, command: BlockCaller) -> BlockedCaller:
    engine.registrations.get(command.account)
    address = _canonical(engine, command.caller, command.account)
    entries = _entries(engine, command.caller, command.account)
    if entries:
        entry = entries[0]
    else:
        entry = BlockedCaller(command.account, address, rfc3339(time.time()))
        try:
            engine.blocked.add(entry)
        except ConfigError as error:
            raise Refusal("bad_blocked", str(error)) from error
    for call in engine.book:
        rings = call.state is CallState.INCOMING and call.account == entry.account
        if rings and engine.blocked.of(call.remote.uri, call.account, call.connection):
            # The caller may have cancelled already.
            with contextlib.suppress(Refusal):
                await engine.calls.decline(str(call.id))
    return entry


async def _unblock(engine: Engine, command: UnblockCaller) -> None:
    entries = _entries(engine, command.caller, command.account)
    if not entries:
        text = f"{command.caller} is not blocked for account {command.account}"
        raise Refusal("not_blocked", f"{text}: “offhook blocked” lists who is")
    try:
        engine.blocked.remove(entries)
    except ConfigError as error:
        raise Refusal("bad_blocked", str(error)) from error


async def _blocked(engine: Engine, command: GetBlocked) -> BlockedCallers:
    engine.blocked.refresh()
    if command.caller is None:
        account = command.account
        entries = engine.blocked.entries
        return BlockedCallers(tuple(e for e in entries if account in (None, e.account)))
    if command.account is None:
        raise Refusal("bad_request", "a caller is blocked for an account: name both")
    _canonical(engine, command.caller, command.account)
    return BlockedCallers(_entries(engine, command.caller, command.account))


def _canonical(engine: Engine, caller: str, account: str) -> str:
    address = engine.blocked.canonical(caller, account)
    if address is not None:
        return address
    if callers.is_hidden(caller):
        raise Refusal("hidden_caller", _HIDDEN)
    raise Refusal("bad_target", f"“{caller}” is not the number or address of a caller")


def _entries(engine: Engine, caller: str, account: str) -> tuple[BlockedCaller, ...]:
    engine.blocked.refresh()
    return engine.blocked.of(caller, account)


HANDLERS: Handlers = {
    LookUp: _look_up,
    GetContacts: _contacts,
    SearchDirectory: _directory,
    MarkFavourite: _favourite,
    AddContact: _add,
    GetPerson: _person,
    BlockCaller: _block,
    UnblockCaller: _unblock,
    GetBlocked: _blocked,
}
