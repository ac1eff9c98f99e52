"""Actions in the call log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.keys.context import Context
from voip.model import Direction
from voip.protocol import client as told

if TYPE_CHECKING:
    from tui.app import OffhookApp


async def _call(phone: OffhookApp, context: Context) -> None:
    entry = context.entry
    if entry is None:
        return
    if entry.account == "echo":
        await phone.place(told.PlaceCall(target="echo"))
        return
    usable = any(a.name == entry.account and a.enabled for a in phone.state.accounts)
    account = entry.account if usable else None
    back = entry.direction is Direction.IN
    await phone.place(told.PlaceCall(target=entry.remote.uri, account=account, back=back))


async def _search(phone: OffhookApp, context: Context) -> None:
    phone.main.log_pane.open_search()


async def _filter(phone: OffhookApp, context: Context) -> None:
    phone.main.log_pane.next_filter()


async def _account(phone: OffhookApp, context: Context) -> None:
    phone.main.log_pane.next_account([account.name for account in phone.state.accounts])


async def _clear(phone: OffhookApp, context: Context) -> None:
    phone.main.log_pane.clear()


async def _copy(phone: OffhookApp, context: Context) -> None:
    if context.entry is not None:
        phone.copy_to_clipboard(context.entry.remote.uri)
        phone.tell(f"Copied {context.entry.remote.uri}, if your terminal allows it.")


COMMANDS = {
    "log.call": _call,
    "log.search": _search,
    "log.filter": _filter,
    "log.account": _account,
    "log.clear": _clear,
    "log.copy": _copy,
}
