"""Small form of a new contact: a name and a number."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widget import Widget
from textual.widgets import Input, Label

from tui.widgets.screens import PhoneModal, bindings_of
from voip.protocol.people import AddContact, ContactAdded

_LONGEST = 255


class NewContact(PhoneModal[None]):
    """Asks for the name and the number of a contact, and writes it."""

    name_of_screen = "newcontact"
    BINDINGS = bindings_of("newcontact")
    AUTO_FOCUS = "#name"
    title_of_box = "New contact"

    def __init__(self, name: str = "", number: str = "") -> None:
        super().__init__()
        self._name_line = _line("name", name)
        self._number_line = _line("number", number)

    def contents(self) -> Sequence[Widget]:
        return (
            Label("Name", markup=False, classes="hint"),
            self._name_line,
            Label("Number or SIP address", markup=False, classes="hint"),
            self._number_line,
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.phone.later(self._add())

    async def _add(self) -> None:
        command = AddContact(name=self._name_line.value, number=self._number_line.value)
        added = await self.phone.get(command, ContactAdded)
        if added is not None and self.is_attached:
            self.dismiss(None)
            self.phone.tell(f"{added.contact.name} is among your contacts.")


def _line(name: str, value: str) -> Input:
    line = Input(value, id=name, compact=True, select_on_focus=False, max_length=_LONGEST)
    line.cursor_blink = False
    return line
