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
from tui.terminal.text import Line, Part, line
from tui.widgets.lines import Lines
from tui.widgets.list_box import SearchBox
from tui.widgets.screens import bindings_of
from tui.words import rows
from voip.lamps import Lamp
from voip.protocol.calls import PickUp, PlaceCall
from voip.protocol.client import NumberedEvent
from voip.protocol.people import ContactNumber, ContactsPage, GetContacts, LampEvent


class ContactRow(NamedTuple):
    """Number of a contact; `is_first` where the contact's rows begin."""

    name: str
    number: ContactNumber
    is_first: bool

    @property
    def dialled(self) -> str:
        """Number to dial, with its tones behind it."""
        target, tones = self.number.target, self.number.tones
        # The digits of an extension alone would be part of the number.
        pause = "," if tones[:1].isalnum() else ""
        return f"{target}{pause}{tones}"


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

    def show(self, page: ContactsPage, is_searched: bool) -> None:
        """Replace the contacts."""
        self._page, self._is_searched = page, is_searched
        self._rows = tuple(
            ContactRow(contact.name, number, place == 0)
            for contact in page.contacts
            for place, number in enumerate(contact.numbers)
        )
        self.go(0)
        self.redraw()

    def count(self) -> int:
        return len(self._rows)

    def draw(self, index: int) -> Sequence[Line]:
        row = self._rows[index]
        then = f" then {row.number.tones}" if row.number.tones else ""
        label = f"  {row.number.label}" if row.number.label else ""
        lamp = rows.lamp(self.lamp(row), host_of(self).glyphs)
        return (
            line(
                Part(f" {row.name}", "strong" if row.is_first else "muted"),
                *lamp,
                right=(Part(f"{row.number.target}{then}"), Part(f"{label} ", "muted")),
            ),
        )

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

    def context(self) -> Context:
        on_contact = self.rows.selected is not None
        return msgspec.structs.replace(super().context(), on_contact=on_contact)

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        searched = self.line.value
        page = await self.phone.get(GetContacts(search=searched), ContactsPage)
        # An answer to fewer letters may come after that to more of them.
        if page is None or searched != self.line.value:
            return
        self.rows.show(page, bool(searched.strip()))
        key = self.phone.shown_key("list.search")
        self.show_notice(f" The first {len(page.contacts)} of {page.total:,}; {key} searches."
                         if page.total > len(page.contacts) else "")  # fmt: skip
        self.show_keys()

    def happened(self, numbered: NumberedEvent) -> None:
        if isinstance(numbered.event, LampEvent):
            self.rows.redraw()

    def search(self, text: str) -> None:
        self.phone.later(self.reload())

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

    def show_calls(self) -> None:
        """Show the calls with this person in the log."""
        row = self.rows.selected
        if row is not None:
            self.close()
            self.phone.main.query_one(CallLog).search_for(row.name)
