"""Messages about accounts between a client and the engine."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from voip.causes import Cause
from voip.choices import Means
from voip.model import AccountStatus
from voip.protocol.base import Command, Event


class ReloadAccounts(Command, frozen=True, tag="reload_accounts"):
    """Read accounts.toml again and apply it to the workers."""


class RegisterAccount(Command, frozen=True, tag="register"):
    """Register an account now rather than when its back-off ends."""

    account: str


class GetAccounts(Command, frozen=True, tag="accounts"):
    """Request every account as accounts.toml has it."""


class AddAccount(Command, frozen=True, tag="add_account"):
    """Write a new account to accounts.toml; fields as in that file.

    The password goes to the keyring, or to a private file where there is none; so do
    `client_passphrase`, which opens the client certificate's key, and `turn_password`,
    which is for the relay. With a `pin` the engine records when, by whom and by which
    `means` it was accepted.
    """

    name: str
    fields: dict[str, str | int | bool]
    password: str | None = None
    client_passphrase: str | None = None
    turn_password: str | None = None
    means: Means | None = None


class EditAccount(Command, frozen=True, tag="edit_account"):
    """Change fields of an account; None removes one, others stay.

    With `version` (of `AccountFields`) the change is refused as `changed` when the
    account in the file has changed since. With a new `pin` the engine records when, by
    whom and by which `means` it was accepted. Calls with the account end when one of
    its fields changes that is not about incoming calls.
    """

    name: str
    fields: dict[str, str | int | bool | None]
    password: str | None = None
    client_passphrase: str | None = None
    turn_password: str | None = None
    version: str | None = None
    means: Means | None = None


class RemoveAccount(Command, frozen=True, tag="remove_account"):
    """Remove an account from accounts.toml, and its stored password."""

    name: str


class MoveAccount(Command, frozen=True, tag="move_account"):
    """Move an account to `place` in the order of accounts, from 0."""

    name: str
    place: int


class CheckAccount(Command, frozen=True, tag="check_account"):
    """Try an account step by step: name, connection, certificate, REGISTER, then ICE.

    With `fields` these are tried instead of the file's, with `password` and
    `client_passphrase` if given, and nothing is saved. Each step is reported as a
    `CheckEvent` when it is done.
    """

    name: str
    fields: dict[str, str | int | bool] | None = None
    password: str | None = None
    client_passphrase: str | None = None


class CheckFields(Command, frozen=True, tag="check_fields"):
    """Check an account's fields; nothing is tried or saved.

    `new` requires that no account has the name.
    """

    name: str
    fields: dict[str, str | int | bool]
    new: bool = False


class AccountEvent(Event, frozen=True, tag="account"):
    account: AccountStatus


class AccountRemoved(Event, frozen=True, tag="account_removed"):
    name: str


class AccountsOrdered(Event, frozen=True, tag="accounts_ordered"):
    """Reports the new order of all accounts."""

    names: tuple[str, ...]


class CheckStep(msgspec.Struct, frozen=True):
    """Step of a check; `ok` is None for a step that was not reached."""

    step: str
    ok: bool | None
    text: str


class LookupOutcome(StrEnum):
    """Result of a question about a name; the values are a contract with clients."""

    ANSWERED = "answered"
    NO_RECORD = "no_record"
    NO_NAME = "no_name"
    FAILED = "failed"
    SILENT = "silent"

    @property
    def is_trouble(self) -> bool:
        """True where nothing is known: neither records nor their absence."""
        return self in (LookupOutcome.FAILED, LookupOutcome.SILENT)


class Lookup(msgspec.Struct, frozen=True):
    """One question of the search for a server, and its answer.

    `record` is "NAPTR", "SRV" or "A/AAAA". `stale` records are from before the name
    servers stopped answering. `text` says the answer in words.
    """

    record: str
    name: str
    outcome: LookupOutcome
    records: tuple[str, ...]
    stale: bool
    text: str


class Family(StrEnum):
    """Family of an address; the values are a contract with clients."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


class CheckedTarget(msgspec.Struct, frozen=True):
    """One address of a server, in the order of the search.

    `taken` is the one that answered. `cause` is why another was not taken, None where
    it was not needed or not tried. `rtt_ms` is the time from the request to its final
    answer, None where no REGISTER was answered. `text` says it in words.
    """

    address: str
    port: int
    family: Family
    taken: bool
    cause: Cause | None
    rtt_ms: int | None
    text: str


class CheckEvent(Event, frozen=True, tag="check"):
    """Reports one finished step of `CheckAccount`, and its search so far.

    A step whose `ok` is None starts again at the server's next address.
    """

    name: str
    step: CheckStep
    lookups: tuple[Lookup, ...]
    targets: tuple[CheckedTarget, ...]


class AccountFields(msgspec.Struct, frozen=True):
    """Account as it is in accounts.toml, without any password.

    `version` changes when a field in the file does, or a key is added or removed;
    `unknown` are keys that this phone ignores and keeps. `password_place` is the source
    of the password, None if it has none.
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
    """Reply to `AddAccount`, `EditAccount` and `RemoveAccount`.

    The places are where a password, the passphrase of a client key and the password for
    a relay were stored, if given. `ended_calls` are the calls that end with the change.
    """

    name: str
    password_place: str | None = None
    passphrase_place: str | None = None
    turn_password_place: str | None = None
    ended_calls: tuple[str, ...] = ()


class CheckReport(msgspec.Struct, frozen=True):
    """Reply to `CheckAccount`: its steps, and the search for the server in order."""

    name: str
    ok: bool
    steps: tuple[CheckStep, ...]
    lookups: tuple[Lookup, ...]
    targets: tuple[CheckedTarget, ...]


class FieldProblems(msgspec.Struct, frozen=True):
    """Reply to `CheckFields`: the problems by field, in words.

    `name` is the account's name. `password_place` is where a password would be stored.
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
