"""Accounts: commands, replies and events between a client and the engine."""

from __future__ import annotations

import msgspec

from voip.model import AccountStatus, Means
from voip.protocol.base import Command, Event


class ReloadAccounts(Command, frozen=True, tag="reload_accounts"):
    """Read accounts.toml again and bring the workers in line with it."""


class RegisterAccount(Command, frozen=True, tag="register"):
    """Register an account now rather than when its back-off ends."""

    account: str


class GetAccounts(Command, frozen=True, tag="accounts"):
    """Every account as accounts.toml has it."""


class AddAccount(Command, frozen=True, tag="add_account"):
    """Write a new account to accounts.toml; fields as in that file.

    The password goes to the keyring, or to a private file where there is none;
    `client_passphrase`, which opens the key of the client certificate, too.
    With a `pin` the engine notes when it was accepted, by whom, and by which `means`.
    """

    name: str
    fields: dict[str, str | int | bool]
    password: str | None = None
    client_passphrase: str | None = None
    means: Means | None = None


class EditAccount(Command, frozen=True, tag="edit_account"):
    """Change fields of an account; None takes one out. The rest stays.

    With `version` (of `AccountFields`) the change is refused as `changed` when
    the account in the file is no longer the one that was read. With a new
    `pin` the engine notes when it was accepted, by whom, and by which `means`.
    Calls with the account end when a field of it changes.
    """

    name: str
    fields: dict[str, str | int | bool | None]
    password: str | None = None
    client_passphrase: str | None = None
    version: str | None = None
    means: Means | None = None


class RemoveAccount(Command, frozen=True, tag="remove_account"):
    """Take an account out of accounts.toml, and its stored password away."""

    name: str


class MoveAccount(Command, frozen=True, tag="move_account"):
    """Put an account at `place` in the order of accounts, counted from 0."""

    name: str
    place: int


class CheckAccount(Command, frozen=True, tag="check_account"):
    """Try an account step by step: name, connection, certificate, registration.

    With `fields` they are tried, with `password` and `client_passphrase` if
    given, and nothing is saved. Each step is told as a `CheckEvent` when it is done.
    """

    name: str
    fields: dict[str, str | int | bool] | None = None
    password: str | None = None
    client_passphrase: str | None = None


class CheckFields(Command, frozen=True, tag="check_fields"):
    """Problems of an account's fields; nothing is tried or saved.

    `new` asks that the name is free.
    """

    name: str
    fields: dict[str, str | int | bool]
    new: bool = False


class AccountEvent(Event, frozen=True, tag="account"):
    account: AccountStatus


class AccountRemoved(Event, frozen=True, tag="account_removed"):
    name: str


class AccountsOrdered(Event, frozen=True, tag="accounts_ordered"):
    """The accounts now stand in this order; every one of them is named."""

    names: tuple[str, ...]


class CheckStep(msgspec.Struct, frozen=True):
    """One step of a check; `ok` is None for a step that was not reached."""

    step: str
    ok: bool | None
    text: str


class CheckEvent(Event, frozen=True, tag="check"):
    """A step of `CheckAccount` is done."""

    name: str
    step: CheckStep


class AccountFields(msgspec.Struct, frozen=True):
    """An account as it is in accounts.toml; no password is ever in it.

    `version` changes when a field in the file does, or a key comes or goes;
    `unknown` are the keys that this phone does not know and leaves alone.
    `password_place` says where the password is taken from, None for nowhere.
    """

    name: str
    fields: dict[str, str | int | bool]
    problem: str | None = None
    version: str = ""
    unknown: tuple[str, ...] = ()
    password_place: str | None = None


class AccountList(msgspec.Struct, frozen=True):
    accounts: tuple[AccountFields, ...]


class AccountChanged(msgspec.Struct, frozen=True):
    """The reply to `AddAccount`, `EditAccount` and `RemoveAccount`.

    The places are where a password and the passphrase of a client key were put,
    if given. `ended_calls` are the calls that end with the change.
    """

    name: str
    password_place: str | None = None
    passphrase_place: str | None = None
    ended_calls: tuple[str, ...] = ()


class CheckReport(msgspec.Struct, frozen=True):
    name: str
    ok: bool
    steps: tuple[CheckStep, ...]


class FieldProblems(msgspec.Struct, frozen=True):
    """The reply to `CheckFields`: what is wrong, by field, in words.

    `name` is the account's name. `password_place` is where a password would
    be kept.
    """

    problems: dict[str, str]
    password_place: str | None = None


AnyAccountCommand = (
    ReloadAccounts
    | RegisterAccount
    | GetAccounts
    | AddAccount
    | EditAccount
    | RemoveAccount
    | MoveAccount
    | CheckAccount
    | CheckFields
)

AnyAccountEvent = AccountEvent | AccountRemoved | AccountsOrdered | CheckEvent
