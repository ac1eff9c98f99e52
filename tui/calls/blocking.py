"""Blocking and unblocking a caller."""

from __future__ import annotations

from tui.host import Host
from tui.keys.context import Caller, Context, caller
from tui.widgets.ask import Confirm
from tui.words.phrases import address, who
from voip.protocol.people import BlockCaller, BlockedCallers, GetBlocked, UnblockCaller


async def _block(phone: Host, context: Context) -> None:
    target = caller(context)
    if target is None:
        return
    uri, account = target.remote.uri, target.account
    asked = GetBlocked(caller=uri, account=account)
    entries = await phone.get(asked, BlockedCallers)
    if entries is None:
        return

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(_unblock(phone, target) if entries.callers else _add(phone, target))

    phone.push_screen(_unblocking(target) if entries.callers else _blocking(target), done)


def _blocking(target: Caller) -> Confirm:
    rest = " This call goes on." if target.answered else ""
    return Confirm(
        f"Block {who(target.remote)}?",
        f"Calls from {address(target.remote.uri)} to account {target.account} are declined "
        "without ringing. The log shows them as blocked. The caller is told that you declined, "
        f"not that they are blocked. You can still call them.{rest}",
        "Block this caller",
        "Let them ring",
    )


def _unblocking(target: Caller) -> Confirm:
    return Confirm(
        f"Unblock {who(target.remote)}?",
        f"{address(target.remote.uri)} is blocked. Unblocked, their calls to account "
        f"{target.account} ring again.",
        "Unblock this caller",
        "Keep them blocked",
    )


async def _add(phone: Host, target: Caller) -> None:
    if await phone.ask(BlockCaller(caller=target.remote.uri, account=target.account)):
        phone.tell(f"{address(target.remote.uri)} is blocked. Account: {target.account}.")


async def _unblock(phone: Host, target: Caller) -> None:
    if await phone.ask(UnblockCaller(caller=target.remote.uri, account=target.account)):
        phone.tell(f"{address(target.remote.uri)} can ring again. Account: {target.account}.")


COMMANDS = {"caller.block": _block}
