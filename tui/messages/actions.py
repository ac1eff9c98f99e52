"""Actions on text messages."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context, Pane
from tui.messages.thread import ThreadBox
from tui.messages.threads import ThreadsBox
from tui.widgets.screens import on_screen
from voip.client import message_words
from voip.model import Party
from voip.protocol.people import MessagesRestored, RestoreMessages


async def _open(phone: Host, context: Context) -> None:
    phone.push_screen(ThreadsBox())


async def _write(phone: Host, context: Context) -> None:
    other = correspondent(context)
    if other is not None:
        remote, account = other
        phone.push_screen(ThreadBox(remote, account))


def correspondent(context: Context) -> tuple[Party, str] | None:
    """Person under the cursor to whom a text can go, and the account of it."""
    if context.pane is Pane.LOG and context.entry is not None:
        return context.entry.remote, context.entry.account
    if context.pane is Pane.CALLS and context.call is not None:
        return context.call.call.remote, context.call.call.account
    return None


async def _restore(phone: Host, context: Context) -> None:
    back = await phone.get(RestoreMessages(), MessagesRestored)
    if back is not None:
        phone.tell(f"Brought back {message_words.count(back.restored)}.")


COMMANDS = {
    "phone.messages": _open,
    "message.write": _write,
    "thread.open": on_screen(ThreadsBox, lambda box: box.choose()),
    "thread.new": on_screen(ThreadsBox, lambda box: box.write()),
    "thread.delete": on_screen(ThreadsBox, lambda box: box.delete()),
    "thread.delete_all": on_screen(ThreadsBox, lambda box: box.delete_all()),
    "thread.restore": _restore,
    "thread.write": on_screen(ThreadBox, lambda box: box.write()),
}
