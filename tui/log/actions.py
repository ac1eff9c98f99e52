"""Actions in the call log."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context
from tui.log.pane import CallLog
from voip.model import Direction
from voip.protocol.calls import PlaceCall


async def _call(phone: Host, context: Context) -> None:
    entry = context.entry
    if entry is None:
        return
    if entry.account == "echo":
        await phone.place(PlaceCall(target="echo"))
        return
    usable = any(a.name == entry.account and a.enabled for a in phone.state.accounts)
    account = entry.account if usable else None
    back = entry.direction is Direction.IN
    await phone.place(PlaceCall(target=entry.remote.uri, account=account, back=back))


async def _search(phone: Host, context: Context) -> None:
    phone.main.query_one(CallLog).open_search()


async def _filter(phone: Host, context: Context) -> None:
    phone.main.query_one(CallLog).next_filter()


async def _account(phone: Host, context: Context) -> None:
    phone.main.query_one(CallLog).next_account([account.name for account in phone.state.accounts])


async def _clear(phone: Host, context: Context) -> None:
    phone.main.query_one(CallLog).clear()


async def _copy(phone: Host, context: Context) -> None:
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
