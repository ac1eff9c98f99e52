"""The contacts, a row for each number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from tui.calls.dial import Dial
from tui.host import host_of
from tui.keys.context import Context
from tui.log.pane import CallLog
from tui.messages.thread import write_to
from tui.people.new_contact import NewContact
from tui.people.person import PersonBox
from tui.terminal.text import Line, Part, line
from tui.widgets.directory import DirectorySearch
from tui.widgets.lines import Lines
from tui.widgets.list_box import SearchBox
from tui.widgets.screens import bindings_of
from tui.words import people
from voip.lamps import Lamp
from voip.protocol.calls import LogEvent, PickUp, PlaceCall
from voip.protocol.client import NumberedEvent
from voip.protocol.people import (
    Contact,
    ContactNumber,
    ContactsEvent,
    ContactsPage,
    DirectoryPage,
    GetContacts,
    GetPerson,
    LampEvent,
    MarkFavourite,
)


class ContactRow(NamedTuple):
    """Number of a contact; `is_first` where the contact's rows begin."""

    contact: Contact
    number: ContactNumber
    is_first: bool

    @property
    def name(self) -> str:
        return self.contact.name

    def is_like(self, other: ContactRow | None) -> bool:
        """True for the same number of the same person, whatever else has changed."""
        return other is not None and (self.name, self.dialled) == (other.name, other.dialled)

    @property
    def dialled(self) -> str:
        """Number to dial, with its tones behind it."""
        target, tones = self.number.target, self.number.tones
        # The digits of an extension alone would be part of the number.
        pause = "," if tones[:1].isalnum() else ""
        return f"{target}{pause}{tones}"


def _rows(contacts: Sequence[Contact]) -> tuple[ContactRow, ...]:
    return tuple(
        ContactRow(contact, number, place == 0)
        for contact in contacts
        for place, number in enumerate(contact.numbers)
    )


class ContactRows(Lines):
    """Numbers of contacts, the person's name in front."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[ContactRow, ...] = ()
        self._page: ContactsPage | None = None
        self._is_searched = False

    @property
    def selected(self) -> ContactRow | None:
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, page: ContactsPage, is_searched: bool, stays: bool) -> None:
        """Replace the contacts; if the cursor `stays`, it does with its number."""
        before = self.selected if stays else None
        self._page, self._is_searched = page, is_searched
        self._rows = _rows(page.contacts)
        places = (place for place, row in enumerate(self._rows) if row.is_like(before))
        self.go(next(places, 0))
        self.redraw()

    def add(self, contacts: Sequence[Contact]) -> None:
        """Show people of the contacts command behind the contacts."""
        own = (row for row in self._rows if not row.contact.directory)
        self._rows = (*own, *_rows(contacts))
        self.redraw()

    def count(self) -> int:
        return len(self._rows)

    def draw(self, index: int) -> Sequence[Line]:
        row = self._rows[index]
        then = f" then {row.number.tones}" if row.number.tones else ""
        words = (row.number.label, "directory" if row.contact.directory else "")
        label = "".join(f"  {word}" for word in words if word)
        return (
            line(
                *self._who(row),
                *people.lamp(self.lamp(row), self.phone.glyphs),
                *self._last_call(row),
                right=(Part(f"{row.number.target}{then}"), Part(f"{label} ", "muted")),
            ),
        )

    def _who(self, row: ContactRow) -> tuple[Part, ...]:
        if not row.is_first:
            return (Part(f"   {row.name}", "muted"),)
        mark = self.phone.glyphs.favourite if row.contact.favourite else " "
        return (Part(f" {mark} ", "accent"), Part(row.name, "strong"))

    def _last_call(self, row: ContactRow) -> tuple[Part, ...]:
        last = row.contact.last_call
        if last is None or not row.is_first:
            return ()
        return (Part("  "), people.last_call(last, self.phone.glyphs, self.phone.now()))

    def lamp(self, row: ContactRow) -> Lamp | None:
        """Lamp of a row, at the account of the dial line if that has one."""
        phone = host_of(self)
        return phone.state.lamp(row.number.target, phone.main.query_one(Dial).account)

    def empty(self) -> Sequence[Line]:
        if self._page is None:
            return ()
        if self._is_searched:
            return (line(Part("Nobody matches.", "muted")),)
        return (
            line(Part("No contacts yet.", "muted")),
            line(Part(f"Put vCard files (*.vcf) into {self._page.folder}", "muted")),
        )


class ContactsBox(SearchBox[ContactRows]):
    """The contacts, to call, to write to, or to see their calls."""

    name_of_screen = "contacts"
    BINDINGS = bindings_of("contacts")
    title_of_box = "People"

    def __init__(self) -> None:
        super().__init__(ContactRows())
        self._directory = DirectorySearch(self._show_directory)

    def context(self) -> Context:
        row = self.rows.selected
        return msgspec.structs.replace(
            super().context(),
            on_contact=row is not None,
            in_directory=row is not None and row.contact.directory,
            on_favourite=row is not None and row.contact.favourite,
        )

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        await self._load(stays=True)

    async def _load(self, stays: bool) -> None:
        searched = self.line.value
        page = await self.phone.get(GetContacts(search=searched), ContactsPage)
        # An answer to fewer letters may come after that to more of them.
        if page is None or searched != self.line.value:
            return
        self.rows.show(page, bool(searched.strip()), stays)
        key = self.phone.shown_key("list.search")
        self.show_notice(f" The first {len(page.contacts)} of {page.total:,}; {key} searches."
                         if page.total > len(page.contacts) else "")  # fmt: skip
        self.show_keys()
        self._directory.ask(self.phone, searched)

    def _show_directory(self, text: str, page: DirectoryPage) -> None:
        if text == self.line.value:
            self.rows.add(page.contacts)
            if page.problem:
                self.show_notice(f" {page.problem}")
            self.show_keys()

    def search(self, text: str) -> None:
        self.phone.later(self._load(stays=False))

    def happened(self, numbered: NumberedEvent) -> None:
        if isinstance(numbered.event, ContactsEvent | LogEvent):
            self.phone.later(self.reload())
        elif isinstance(numbered.event, LampEvent):
            self.rows.redraw()

    async def choose(self) -> None:
        # By the action, which a ringing call forbids: a click must not place one, either.
        await self.phone.do("contact.call")

    async def call(self) -> None:
        """Call the number under the cursor with the account of the dial line."""
        row = self.rows.selected
        account = self.phone.main.query_one(Dial).account
        if row is not None and await self.phone.place(
            PlaceCall(target=row.dialled, account=account)
        ):
            self.close()

    async def pick_up(self) -> None:
        """Pick up the call that rings at the phone of the number under the cursor."""
        row = self.rows.selected
        if row is None:
            return
        lamp = self.rows.lamp(row)
        account = lamp.account if lamp else self.phone.main.query_one(Dial).account
        if await self.phone.place(PickUp(target=row.number.target, account=account)):
            self.close()

    async def write(self) -> None:
        """Write a text to the number under the cursor."""
        row = self.rows.selected
        if row is not None:
            account = self.phone.main.query_one(Dial).account
            await write_to(self.phone, row.number.target, account)

    async def mark(self, on: bool) -> None:
        """Make the person under the cursor a favourite, or no longer."""
        row = self.rows.selected
        if row is not None:
            await self.phone.ask(MarkFavourite(contact=row.name, number=row.number.target, on=on))

    def new_contact(self) -> NewContact:
        """Form of a new contact, filled in from the directory's row under the cursor."""
        row = self.rows.selected
        if row is None or not row.contact.directory:
            return NewContact()
        return NewContact(row.name, row.number.target)

    def show_person(self) -> None:
        """Open the page of the person under the cursor."""
        row = self.rows.selected
        if row is not None:
            target = row.number.target
            in_directory = row.contact.directory
            asked = GetPerson(who=target) if in_directory else GetPerson(row.name, target)
            self.phone.push_screen(PersonBox(asked, row.name))

    def show_calls(self) -> None:
        """Show the calls with this person in the log."""
        row = self.rows.selected
        if row is not None:
            self.close()
            self.phone.main.query_one(CallLog).search_for(row.name)
