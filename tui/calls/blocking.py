"""Blocking and unblocking a caller."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Caller, Context, caller
from tui.widgets.ask import Confirm
from tui.words.phrases import address, who
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked, UnblockCaller


async def _block(phone: Host, context: Context) -> None:
    found = caller(context)
    if found is None:
        return
    uri, account = found.remote.uri, found.account
    asked = GetBlocked(caller=uri, account=account)
    entries = await phone.get(asked, BlockedCallers)
    if entries is None:
        return

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(_unblock(phone, found) if entries.callers else _add(phone, found))

    phone.push_screen(_unblocking(found) if entries.callers else _blocking(found), done)


def _blocking(found: Caller) -> Confirm:
    rest = " This call goes on." if found.answered else ""
    return Confirm(
        f"Block {who(found.remote)}?",
        f"Calls from {address(found.remote.uri)} to account {found.account} are declined "
        "without ringing. The log shows them as blocked. The caller is told that you declined, "
        f"not that they are blocked. You can still call them.{rest}",
        "Block this caller",
        "Let them ring",
    )


def _unblocking(found: Caller) -> Confirm:
    return Confirm(
        f"Unblock {who(found.remote)}?",
        f"{address(found.remote.uri)} is blocked. Unblocked, their calls to account "
        f"{found.account} ring again.",
        "Unblock this caller",
        "Keep them blocked",
    )


async def _add(phone: Host, found: Caller) -> None:
    if await phone.ask(BlockCaller(caller=found.remote.uri, account=found.account)):
        phone.tell(f"{address(found.remote.uri)} is blocked. Account: {found.account}.")


async def _unblock(phone: Host, found: Caller) -> None:
    if await phone.ask(UnblockCaller(caller=found.remote.uri, account=found.account)):
        phone.tell(f"{address(found.remote.uri)} can ring again. Account: {found.account}.")


COMMANDS = {"caller.block": _block}
