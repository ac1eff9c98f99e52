"""Actions on accounts."""

from __future__ import annotations

from tui.accounts.form import AccountForm
from tui.accounts.pane import Accounts
from tui.accounts.trust import AccountTrust
from tui.host import Command, Host
from tui.keys.context import Context
from tui.widgets.ask import Confirm
from voip.protocol.accounts import EditAccount, MoveAccount, RegisterAccount, RemoveAccount


async def _add(phone: Host, context: Context) -> None:
    phone.push_screen(AccountForm(None))


async def _edit(phone: Host, context: Context) -> None:
    if context.account is not None:
        phone.push_screen(AccountForm(context.account.name))


async def _test(phone: Host, context: Context) -> None:
    if context.account is not None:
        phone.push_screen(AccountForm(context.account.name, test=True))


async def _trust(phone: Host, context: Context) -> None:
    if context.account is not None:
        phone.push_screen(AccountTrust(context.account.name))


def _enable(on: bool) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if context.account is not None:
            name = context.account.name
            await phone.ask(EditAccount(name=name, fields={"enabled": on}))

    return run


async def _register(phone: Host, context: Context) -> None:
    if context.account is not None:
        await phone.ask(RegisterAccount(account=context.account.name))


def _move(by: int) -> Command:
    async def run(phone: Host, context: Context) -> None:
        if context.account is None:
            return
        names = [account.name for account in phone.state.accounts]
        place = names.index(context.account.name) + by
        if 0 <= place < len(names) and await phone.ask(
            MoveAccount(name=context.account.name, place=place)
        ):
            phone.main.query_one(Accounts).select(context.account.name)

    return run


async def _remove(phone: Host, context: Context) -> None:
    if context.account is None:
        return
    name = context.account.name

    def done(yes: bool | None) -> None:
        if yes:
            phone.later(phone.ask(RemoveAccount(name=name)))

    phone.push_screen(
        Confirm(
            f"Remove the account {name}?",
            "It is removed from accounts.toml, and its stored password is deleted. "
            "The call log stays.",
            "Remove it",
        ),
        done,
    )


COMMANDS = {
    "account.add": _add,
    "account.edit": _edit,
    "lock.edit": _edit,
    "account.test": _test,
    "account.trust": _trust,
    "account.enable": _enable(True),
    "account.disable": _enable(False),
    "account.register": _register,
    "account.up": _move(-1),
    "account.down": _move(1),
    "account.remove": _remove,
}
