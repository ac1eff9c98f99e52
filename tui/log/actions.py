"""Actions in the call log."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Context
from tui.log.pane import CallLog
from tui.widgets.ask import Confirm
from tui.words import phrases
from voip.client import deleting
from voip.model import Direction
from voip.protocol.calls import (
    CallsDeleted,
    CallsRestored,
    DeleteCalls,
    DeleteHistory,
    HistoryPage,
    PlaceCall,
    RestoreCalls,
)


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


async def _person(phone: Host, context: Context) -> None:
    if context.entry is not None:
        phone.main.query_one(CallLog).only_with(context.entry.remote)


async def _clear(phone: Host, context: Context) -> None:
    phone.main.query_one(CallLog).clear()


async def _copy(phone: Host, context: Context) -> None:
    if context.entry is not None:
        phone.copy_to_clipboard(context.entry.remote.uri)
        phone.tell(f"Copied {context.entry.remote.uri}, if your terminal allows it.")


async def _delete(phone: Host, context: Context) -> None:
    entry = context.entry
    if entry is None or await phone.get(DeleteCalls(rows=(entry.id,)), CallsDeleted) is None:
        return
    key = phone.keymap.shown("log.restore")
    phone.tell(f"Deleted the call with {phrases.who(entry.remote)}. {key} brings it back.")


async def _delete_all(phone: Host, context: Context) -> None:
    selection = phone.main.query_one(CallLog).rows.book.selection
    command = DeleteHistory(
        search=selection.search,
        missed=selection.missed,
        account=selection.account,
        secure=selection.secure,
        person=selection.address,
    )
    page = await phone.get(deleting.matching(command), HistoryPage)
    if page is None:
        return
    number = deleting.ended(page)
    if not number:
        phone.tell("There is no call to delete.")
        return
    key = phone.keymap.shown("log.restore")
    them = "it" if number == 1 else "them"

    async def delete() -> None:
        gone = await phone.get(deleting.up_to(command, page), CallsDeleted)
        if gone is not None:
            phone.tell(f"Deleted {deleting.calls(gone.deleted)}. {key} brings {them} back.")

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(delete())

    phone.push_screen(
        Confirm(
            deleting.question(command, number),
            f"For a minute, {key} brings {them} back.",
            f"Delete {them}",
            f"Leave {them}",
        ),
        done,
    )


async def _restore(phone: Host, context: Context) -> None:
    back = await phone.get(RestoreCalls(), CallsRestored)
    if back is not None:
        phone.tell(f"Brought back {deleting.calls(back.restored)}.")


COMMANDS = {
    "log.call": _call,
    "log.search": _search,
    "log.filter": _filter,
    "log.account": _account,
    "log.person": _person,
    "log.clear": _clear,
    "log.copy": _copy,
    "log.delete": _delete,
    "log.delete_all": _delete_all,
    "log.restore": _restore,
}
