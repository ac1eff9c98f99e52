"""Actions on contacts."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context
from tui.people.contacts import ContactsBox
from tui.widgets.screens import on_screen


async def _open(phone: Host, context: Context) -> None:
    phone.push_screen(ContactsBox())


COMMANDS = {
    "phone.people": _open,
    "contact.call": on_screen(ContactsBox, lambda box: box.call()),
    "contact.pickup": on_screen(ContactsBox, lambda box: box.pick_up()),
    "contact.write": on_screen(ContactsBox, lambda box: box.write()),
    "contact.calls": on_screen(ContactsBox, lambda box: box.show_calls()),
}
