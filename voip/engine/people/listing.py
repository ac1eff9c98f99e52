"""Contacts as clients list them: favourites first, each with the latest call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

import msgspec

from voip.engine.errors import Refusal
from voip.engine.history.log import HistoryError
from voip.engine.history.reader import HistoryReader
from voip.engine.hub import Hub
from voip.engine.people import targets
from voip.engine.people.contacts import Contacts
from voip.engine.people.directory import Directory
from voip.engine.people.favourites import Favourites
from voip.engine.people.finding import Query
from voip.engine.people.lookup import FindConnection, LookUps
from voip.engine.people.recent import KnownCaller, People
from voip.engine.registration.registrations import Registrations
from voip.paths import Paths
from voip.protocol.people import Contact, ContactsEvent
from voip.protocol.settings import Contacts as Settings
from voip.sip import callers, dialing
from voip.sip.callers import Key

_MOST_ADDRESSES = 500


class Known(msgspec.Struct, frozen=True):
    """Person as the phone knows them: a contact, or the `keys` of an address.

    `number` is what to dial, None for somebody who hides; `uris` are the spellings of
    their addresses in the log.
    """

    contact: Contact | None
    number: str | None
    keys: frozenset[Key] = frozenset()
    uris: tuple[str, ...] = ()


class Listing:
    """Contacts with what the phone keeps about them elsewhere."""

    def __init__(
        self,
        paths: Paths,
        hub: Hub,
        reader: HistoryReader,
        registrations: Registrations,
        find_connection: FindConnection,
        echo_uri: Callable[[], str | None],
        settings: Callable[[], Settings],
        tell: Callable[[str], None],
    ) -> None:
        """Prepare contacts, look-ups and favourites; `tell` gets what is wrong with a file."""
        self._hub = hub
        self.contacts = Contacts(paths.contacts, tell, lambda: hub.publish(ContactsEvent()))
        self._favourites = Favourites(paths.favourites, tell)
        self.directory = Directory(lambda: settings().command)
        self._people = People(hub, reader)
        self.look_ups = LookUps(
            self.contacts,
            self._people,
            registrations,
            find_connection,
            echo_uri,
            lambda: settings().last_digits,
        )

    @property
    def problems(self) -> tuple[str, ...]:
        return (*self.contacts.problems, *self._favourites.problems)

    async def refresh(self) -> None:
        """Read the files that have changed, and the log's people before they are searched."""
        await asyncio.gather(self.contacts.watch(), self._load_people())
        if self._favourites.refresh():
            self._hub.publish(ContactsEvent())

    async def _load_people(self) -> None:
        with contextlib.suppress(HistoryError):  # a search reports it
            await self._people.load()

    def mark(self, contact: Contact, on: bool) -> Contact:
        """Make a contact a favourite, or no longer.

        Raises:
            ConfigError: the file cannot be changed; it is left alone.
        """
        self._favourites.mark(contact, on)
        self._hub.publish(ContactsEvent())
        return self._complete(contact)

    async def having(self, query: Query) -> tuple[Contact, ...]:
        """Return contacts that match, favourites first.

        Raises:
            HistoryError: the call log cannot be read.
        """
        await self.look_ups.read()
        matching = self.contacts.having(query)
        if not self._favourites:
            return matching
        return tuple(sorted(matching, key=lambda contact: not self._favourites.has(contact)))

    def complete(self, contacts: Iterable[Contact]) -> tuple[Contact, ...]:
        """Add to contacts whether they are favourites, and their latest calls."""
        return tuple(map(self._complete, contacts))

    async def find(self, who: str, number: str | None, account: str | None) -> Known:
        """Return a person by a contact's name and `number`, or by an address alone.

        Raises:
            Refusal: several contacts have the name, or it cannot be called.
            HistoryError: the call log cannot be read.
        """
        await self.look_ups.read()
        if account is None and (before := self._people.find(who)) is not None:
            account = before.account
        named = self.contacts.named(who) if number or dialing.may_be_name(who) else []
        if number is not None:
            named = [contact for contact in named if _has(contact, number)][:1]
        if len(named) > 1:
            raise Refusal(
                "bad_target", f"“{named[0].name}” is the name of several people: give a number"
            )
        contact = named[0] if named else self.look_ups.contact_at(who, account)
        if contact is not None:
            handles = {targets.handle(number.target) for number in contact.numbers}
            return self._with_addresses(Known(contact, contact.numbers[0].target), handles)
        if callers.is_hidden(who):
            return Known(None, None, uris=(who,))
        try:
            dialing.parse_target(who)
        except dialing.DialError as error:
            raise Refusal("bad_target", str(error)) from error
        known = Known(
            contact=None,
            number=self.look_ups.called_back(who, account),
            keys=self.look_ups.keys_of(who, account),
            uris=(who,),
        )
        return self._with_addresses(known, {targets.handle(who)})

    def is_same(self, known: Known, uri: str, account: str) -> bool:
        """Report if a person calls `account` from this address, or is called there."""
        if known.contact is not None:
            return self.look_ups.contact_at(uri, account) == known.contact
        return not known.keys.isdisjoint(self.look_ups.keys_of(uri, account))

    def _with_addresses(self, known: Known, handles: Iterable[str]) -> Known:
        uris = (caller.uri for caller in self._latest(known, handles))
        every = tuple(dict.fromkeys((*known.uris, *uris)))
        return msgspec.structs.replace(known, uris=every[:_MOST_ADDRESSES])

    def _complete(self, contact: Contact) -> Contact:
        handles = {targets.handle(number.target) for number in contact.numbers}
        latest = self._latest(Known(contact, None), handles)
        return msgspec.structs.replace(
            contact,
            favourite=self._favourites.has(contact),
            last_call=latest[0].last if latest else None,
        )

    def _latest(self, known: Known, handles: Iterable[str]) -> list[KnownCaller]:
        """Return a person's addresses in the log, that of the latest call first."""
        mine = (
            caller
            for handle in handles
            for caller in self._people.sharing(handle)
            if self.is_same(known, caller.uri, caller.account)
        )
        return sorted(mine, key=lambda caller: (caller.last.time, caller.row), reverse=True)


def _has(contact: Contact, number: str) -> bool:
    bare = targets.bare(number)
    return any(targets.bare(mine.target) == bare for mine in contact.numbers)
