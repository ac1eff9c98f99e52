"""Commands about accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from voip.engine import accountcheck
from voip.engine.commands.handler import Handlers
from voip.engine.errors import Refusal
from voip.engine.toml import ConfigError
from voip.protocol import client as told

if TYPE_CHECKING:
    from voip.engine.engine import Engine

_Result = TypeVar("_Result")


async def _reload(engine: Engine, command: told.ReloadAccounts) -> None:
    await engine.reload_accounts()


async def _register(engine: Engine, command: told.RegisterAccount) -> None:
    await engine.registrar.register_now(command.account)


async def _accounts(engine: Engine, command: told.GetAccounts) -> told.AccountList:
    return told.AccountList(accounts=_valid(engine.account_file.listing))


async def _add_account(engine: Engine, command: told.AddAccount) -> told.AccountSaved:
    _valid(lambda: engine.account_file.add(command.name, dict(command.fields)))
    return await _saved(engine, command.name, command.password)


async def _edit_account(engine: Engine, command: told.EditAccount) -> told.AccountSaved:
    _valid(lambda: engine.account_file.edit(command.name, dict(command.fields)))
    if command.password is not None:
        await engine.registrar.forget(command.name)
    return await _saved(engine, command.name, command.password)


async def _remove_account(engine: Engine, command: told.RemoveAccount) -> None:
    _valid(lambda: engine.account_file.remove(command.name))
    await asyncio.to_thread(engine.passwords.forget, command.name)
    await engine.reload_accounts()


async def _check_account(engine: Engine, command: told.CheckAccount) -> told.CheckReport:
    return await accountcheck.check(engine.registrar, command.name)


async def _saved(engine: Engine, name: str, password: str | None) -> told.AccountSaved:
    place = None
    if password is not None:
        place = await asyncio.to_thread(engine.passwords.store, name, password)
    await engine.reload_accounts()
    return told.AccountSaved(name=name, password_place=place)


def _valid(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except ConfigError as error:
        raise Refusal("bad_account", str(error)) from error


HANDLERS: Handlers = {
    told.ReloadAccounts: _reload,
    told.RegisterAccount: _register,
    told.GetAccounts: _accounts,
    told.AddAccount: _add_account,
    told.EditAccount: _edit_account,
    told.RemoveAccount: _remove_account,
    told.CheckAccount: _check_account,
}
