"""Page of one person: numbers, the latest calls, the latest texts."""

from __future__ import annotations

from tui.widgets.list_box import ListBox
from tui.widgets.prose import Prose
from tui.widgets.screens import bindings_of
from tui.words import people
from voip.protocol.calls import LogEvent
from voip.protocol.client import NumberedEvent
from voip.protocol.people import ContactsEvent, GetPerson, MessageEvent, PersonPage


class PersonBox(ListBox[Prose]):
    """Page of one person, of all that the phone has of them."""

    name_of_screen = "person"
    BINDINGS = bindings_of("person")

    def __init__(self, asked: GetPerson, name: str) -> None:
        """Show whom `asked` finds; `name` is theirs as the list or row has it."""
        super().__init__(Prose())
        self._asked = asked
        self.title_of_box = name

    def on_mount(self) -> None:
        self.phone.later(self.reload())

    async def reload(self) -> None:
        page = await self.phone.get(self._asked, PersonPage)
        if page is not None and self.is_attached:
            self.rows.show(people.describe(page, self.phone.glyphs, self.phone.now()))

    def happened(self, numbered: NumberedEvent) -> None:
        if isinstance(numbered.event, ContactsEvent | LogEvent | MessageEvent):
            self.phone.later(self.reload())
