"""Actions on contacts."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context
from tui.messages.actions import correspondent
from tui.people.contacts import ContactsBox
from tui.people.new_contact import NewContact
from tui.people.person import PersonBox
from tui.widgets.screens import on_screen
from tui.words import phrases
from voip.protocol.people import GetPerson, PersonPage


async def _open(phone: Host, context: Context) -> None:
    phone.push_screen(ContactsBox())


async def _show(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, ContactsBox):
        phone.screen.show_person()
        return
    other = correspondent(context)
    if other is not None:
        remote, account = other
        asked = GetPerson(who=remote.uri, account=account)
        phone.push_screen(PersonBox(asked, phrases.who(remote)))


async def _add(phone: Host, context: Context) -> None:
    if isinstance(phone.screen, ContactsBox):
        phone.push_screen(phone.screen.new_contact())
        return
    other = correspondent(context)
    if other is None:
        return
    remote, account = other
    page = await phone.get(GetPerson(who=remote.uri, account=account, limit=1), PersonPage)
    if page is None:
        return
    if page.contact is not None:
        phone.tell(f"{page.contact.name} is among your contacts already.")
    elif page.number is None:
        phone.tell("They hide their number: there is none to keep.", "warning")
    else:
        # A name that imitates another would be trusted from the next call on.
        name = "" if remote.imitates else remote.name
        phone.push_screen(NewContact(name, page.number))


COMMANDS = {
    "phone.people": _open,
    "contact.call": on_screen(ContactsBox, lambda box: box.call()),
    "contact.pickup": on_screen(ContactsBox, lambda box: box.pick_up()),
    "contact.write": on_screen(ContactsBox, lambda box: box.write()),
    "person.show": _show,
    "contact.add": _add,
    "contact.favourite": on_screen(ContactsBox, lambda box: box.mark(on=True)),
    "contact.unfavourite": on_screen(ContactsBox, lambda box: box.mark(on=False)),
    "contact.calls": on_screen(ContactsBox, lambda box: box.show_calls()),
}
