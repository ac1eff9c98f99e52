"""Commands about accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from voip.engine.accounts.own_keys import OwnKeyError
from voip.engine.accounts.secrets import KeyringError
from voip.engine.commands.handler import Handlers
from voip.engine.engine import Engine
from voip.engine.errors import Refusal
from voip.engine.files.toml import ChangedMeanwhile, ConfigError
from voip.engine.trust.compared_keys import ComparedError
from voip.protocol.accounts import (
    AccountChanged,
    AccountFields,
    AccountList,
    AddAccount,
    CheckAccount,
    CheckFields,
    CheckReport,
    EditAccount,
    FieldProblems,
    GetAccounts,
    MoveAccount,
    RegisterAccount,
    ReloadAccounts,
    RemoveAccount,
)

_Result = TypeVar("_Result")


async def _reload(engine: Engine, command: ReloadAccounts) -> None:
    await engine.followed.reload()


async def _register(engine: Engine, command: RegisterAccount) -> None:
    await engine.registrations.register_now(command.account)


async def _accounts(engine: Engine, command: GetAccounts) -> AccountList:
    loaded = _valid(engine.account_file.load)
    rows = _valid(engine.account_file.listing)

    def with_places() -> tuple[AccountFields, ...]:
        return tuple(
            msgspec.structs.replace(
                row, password_place=engine.passwords.place(row.name, loaded.accounts.get(row.name))
            )
            for row in rows
        )

    # A keyring may block before it answers.
    return AccountList(accounts=await asyncio.to_thread(with_places))


async def _check_fields(engine: Engine, command: CheckFields) -> FieldProblems:
    problems = await asyncio.to_thread(
        engine.account_file.problems, command.name, command.fields, command.new
    )
    place = await asyncio.to_thread(engine.passwords.place_to_keep)
    return FieldProblems(problems=problems, password_place=place)


async def _move_account(engine: Engine, command: MoveAccount) -> None:
    async with engine.followed.change():
        _valid(lambda: engine.account_file.move(command.name, command.place))


async def _add_account(engine: Engine, command: AddAccount) -> AccountChanged:
    async with engine.followed.change():
        _valid(lambda: engine.account_file.add(command.name, command.fields, command.means))
        return await _keep_secrets(engine, command)


async def _edit_account(engine: Engine, command: EditAccount) -> AccountChanged:
    async with engine.followed.change():
        account = _valid(
            lambda: engine.account_file.edit(
                command.name, command.fields, command.version, command.means
            )
        )
        change = await _keep_secrets(engine, command)
        live = engine.registrations.find(command.name)
        if live is None:
            return change
        secrets = (command.password, command.client_passphrase, command.turn_password)
        given = any(secret is not None for secret in secrets)
        ended = _calls_of(engine, command.name)
        if given or live.stopped is not None:
            await engine.registrations.forget(command.name)
        elif live.goes_on_as(account, live.problem):
            ended = ()
        return msgspec.structs.replace(change, ended_calls=ended)


async def _remove_account(engine: Engine, command: RemoveAccount) -> AccountChanged:
    async with engine.followed.change():
        _valid(lambda: engine.account_file.remove(command.name))
        ended = _calls_of(engine, command.name)
        try:
            await asyncio.to_thread(engine.passwords.forget, command.name)
        except KeyringError as error:
            text = f"its password may still be in the keyring, which did not answer: {error}"
            engine.notice("warning", f"account {command.name} is removed, but {text}")
    for forget in (engine.comparisons.forget, engine.own_keys.forget):
        try:
            forget(command.name)
        except (ComparedError, OwnKeyError) as error:
            engine.notice("warning", f"account {command.name} is removed, but {error}")
    return AccountChanged(name=command.name, ended_calls=ended)


def _calls_of(engine: Engine, name: str) -> tuple[str, ...]:
    return tuple(str(call.id) for call in engine.book if call.account == name)


async def _check_account(engine: Engine, command: CheckAccount) -> CheckReport:
    return await engine.account_check.check(command)


async def _keep_secrets(engine: Engine, command: AddAccount | EditAccount) -> AccountChanged:
    name, keep = command.name, engine.passwords
    place = passphrase_place = turn_password_place = None
    if command.password is not None:
        place = await asyncio.to_thread(keep.store, name, command.password)
    if command.client_passphrase is not None:
        passphrase_place = await asyncio.to_thread(
            keep.store_passphrase, name, command.client_passphrase
        )
    if command.turn_password is not None:
        turn_password_place = await asyncio.to_thread(
            keep.store_relay_password, name, command.turn_password
        )
    return AccountChanged(
        name=name,
        password_place=place,
        passphrase_place=passphrase_place,
        turn_password_place=turn_password_place,
    )


def _valid(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except ChangedMeanwhile as error:
        raise Refusal("changed", str(error)) from error
    except ConfigError as error:
        raise Refusal("bad_account", str(error)) from error


HANDLERS: Handlers = {
    ReloadAccounts: _reload,
    RegisterAccount: _register,
    GetAccounts: _accounts,
    AddAccount: _add_account,
    EditAccount: _edit_account,
    RemoveAccount: _remove_account,
    MoveAccount: _move_account,
    CheckFields: _check_fields,
    CheckAccount: _check_account,
}
